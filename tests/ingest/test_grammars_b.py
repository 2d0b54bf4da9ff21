"""Symbols of real-looking files: Elixir, Haskell, OCaml, Julia, Dart, Groovy, SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from longread.ingest.blocks import LINES, SLACK
from longread.ingest.languages import detect
from longread.ingest.syntax import Parsed, parse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "syntax"

OUTLINES = {
    "basket.ex": r'''
L1-L12 class Shop.Basket
  | defmodule Shop.Basket
  = @moduledoc """
  =   What a customer wants to buy — größe und farbe included.
  =   """
L13-L14 class Shop.Basket.lines
  |   @type lines :: %{optional(Item.id()) => pos_integer()}
  = @typedoc "Ids of items, and how many of each."
L15-L19 class Shop.Basket.t
  |   @opaque t :: %__MODULE__{
  |             lines: lines(),
  |             opened: DateTime.t()
  |           }
L20 class Shop.Basket
L21-L22 class Shop.Basket.defstruct
  |   defstruct lines: %{}, opened: nil
L23-L24 function Shop.Basket.is_small
  |   defguard is_small(basket) when map_size(basket.lines) < @limit
L25-L40 function Shop.Basket.add
  |   @spec add(t(), Item.t(), pos_integer()) :: {:ok, t()} | :full
  |   def add(basket, item, count \\ 1)
  = @doc """
  =   Adds an item.
  =
  =   Returns `:full` where there is no room.
  =   """
L41-L43 function Shop.Basket.count
  |   def count(%__MODULE__{lines: lines})
L44-L45 function Shop.Basket.<~>
  |   def left <~> right
L46-L49 function Shop.Basket.merge
  |   defp merge(a, b)
L50-L52 function Shop.Basket.init
  |   @impl true
  |   def init(opened)
L53-L58 function Shop.Basket.priced
  |   defmacro priced(do: block)
L59-L60 class Shop.Basket.Full
  |   defmodule Full
L61-L62 class Shop.Basket.Full.defexception
  |     defexception message: "no room — voll"
L63-L67 function Shop.Basket.Full.blame
  |     def blame(error, stack)
L68 class Shop.Basket
L69-L72 function Shop.Basket.reset
  |     def reset(pid)
L73 class Shop.Priced
  | defprotocol Shop.Priced
L74-L78 function Shop.Priced.price
  |   @spec price(t()) :: integer()
  |   def price(thing)
  = @doc "What it costs, in cents."
L79 class Shop.Priced for Shop.Basket
  | defimpl Shop.Priced, for: Shop.Basket
L80-L81 function Shop.Priced for Shop.Basket.price
  |   def price(basket)
> GenServer Ecto.Query Shop.Item Shop.Repo Logger
''',
    "basket_test.exs": r"""
L1-L5 class Shop.BasketTest
  | defmodule Shop.BasketTest
L6-L9 section Shop.BasketTest.setup
  |   setup
L10 section Shop.BasketTest.describe add/3
  |   describe "add/3"
L11-L15 function Shop.BasketTest.describe add/3.test keeps what was there — größe
  |     @tag :slow
  |     test "keeps what was there — größe", %{basket: basket}
L16-L21 function Shop.BasketTest.describe add/3.test is full at some point
  |     test "is full at some point", %{basket: basket}
> ExUnit.Case Shop.Basket
""",
    "Ring.hs": r"""
L1-L3 block
L4-L10 class Data.Ring
  | module Data.Ring
  |   ( Ring (..)
  |   , put
  |   , (<+>)
  |   ) where
  = -- | Rings of a fixed size — größe stays as it is.
L11-L14 block
L15-L21 class Ring
  | data Ring a = Ring
  |   { items :: [a]  -- ^ newest first
  |   , size  :: !Int
  |   }
  |   deriving (Show, Eq)
  = -- | A ring, and what is in it.
L22-L23 class Name
  | newtype Name = Name { unName :: String }
L24-L25 class Pair
  | type Pair a = (a, a)
L26-L27 class Empty
  | data Empty
L28-L29 class Container
  | class Container f
  = -- | Things that can be emptied.
L30 class Container.Item
  |   type Item f
L31-L32 method Container.empty
  |   empty :: f a
  = -- | Nothing in it.
L33-L35 method Container.insert
  |   insert :: a -> f a -> f a
L36-L37 method Container.toList'
  |   toList' :: f a -> [a]
L38-L39 class Container Ring
  | instance Container Ring
L40 method Container Ring.empty
  |   empty
L41-L43 method Container Ring.toList'
  |   toList'
L44-L60 function put
  | put
  |   :: Ord a
  |   => a
  |   -> Ring a
  |   -> Ring a
  = {- | Puts a thing into a ring;
  =    what is oldest falls out. -}
L61-L62 block
L63-L65 function <+>
  | (<+>) :: Ring a -> Ring a -> Ring a
L66-L67 function orElse
  | x `orElse` y
L68 function lower, upper
  | lower, upper :: Int
L69 function lower
  | lower
L70-L71 function upper
  | upper
L72-L74 class Elem
  | type family Elem c where
  |   Elem (Ring a) = a
L75-L78 class Shape
  | data Shape where
  |   Circle :: Double -> Shape
  |   Square :: Double -> Shape
L79-L80 class Show Shape
  | deriving instance Show Shape
L81-L82 function c_sin
  | foreign import ccall "math.h sin" c_sin :: Double -> Double
L83-L87 function main
  | main :: IO ()
> Data.Map.Strict Data.List Data.Maybe
""",
    "ring.ml": r"""
L1-L4 block
L5 class Log
  | module Log = Core.Log
L6-L7 block
L8-L14 class t
  | type 'a t = {
  |   items : 'a array;  (** newest first *)
  |   mutable size : int;
  | }
  | [@@deriving sexp, compare]
  = (** A ring, and what is in it. *)
L15-L18 class color
  | and color =
  |   | Red
  |   | Green of int
L19-L20 class pair
  | type 'a pair = 'a * 'a
L21-L22 class Full
  | exception Full of string
L23 function limit
  | let limit = 40
L24-L28 function primes
  | let primes
L29-L35 function put
  | let put ?(force = false) ring x : unit
  = (** Puts a thing into a ring. *)
L36-L37 function even
  | let rec even n
L38-L41 function odd
  | and odd n
L42-L43 function <+>
  | let ( <+> ) a b
L44-L47 function describe
  | let describe
L48 function _unused
  | let _unused = 3
L49-L50 block
L51 class STORE
  | module type STORE
L52-L53 class STORE.key
  |   type key
L54-L57 function STORE.find
  |   val find : key -> int option
  = (** Looks a key up. *)
L58-L61 class Make
  | module Make (K : STORE) : sig
  |   val go : K.key -> unit
  | end
  = (** Stores by key. *)
L62-L64 function Make.go
  |   let go key
L65 class Make.Inner
  |   module Inner
L66-L69 function Make.Inner.deep
  |     let deep ()
L70-L71 class counter
  | class counter start
L72 method counter.next
  |   method next
L73-L75 method counter.peek
  |   method private peek
L76-L77 function sin
  | external sin : float -> float = "caml_sin_float" "sin"
L78 function even
  | let%test "even" = even 4
> Base Stdio Comparable.S
""",
    "ring.mli": r"""
L1-L4 block
L5-L7 class t
  | type 'a t
  = (** A ring — größe stays as it is. *)
L8-L11 class color
  | type color =
  |   | Red
  |   | Green of int
L12-L13 class Full
  | exception Full of string
L14-L15 function limit
  | val limit : int
L16-L19 function put
  | val put : ?force:bool -> 'a t -> 'a -> unit
  = (** [put ring x] puts [x] into [ring].
  =     What is oldest falls out. *)
L20-L24 function even
  | val even :
  |   int ->
  |   bool
  = (** Whether a number is even. *)
L25-L26 block
L27-L28 function <+>
  | val ( <+> ) : 'a t -> 'a t -> int
L29 class STORE
  | module type STORE
L30-L31 class STORE.key
  |   type key
L32-L34 function STORE.find
  |   val find : key -> int option
  = (** Looks a key up. *)
L35 class Make
  | module Make (K : STORE)
L36-L38 function Make.go
  |   val go : K.key -> unit
L39-L40 function sin
  | external sin : float -> float = "caml_sin_float"
L41 class counter
  | class counter
L42-L44 method counter.next
  |   method next : int
L45 block
> Base Comparable
""",
    "rings.jl": r'''
L1-L16 class Rings
  | module Rings
  = """
  =     Rings
  =
  = Rings of a fixed size — größe stays as it is.
  = """
L17 class Rings.Container
  | abstract type Container{T} <: Any end
L18-L19 class Rings.Tiny
  | primitive type Tiny 8 end
L20-L24 class Rings.Ring
  | mutable struct Ring{T<:Real} <: Container{T}
  |     items::Vector{T}
  |     size::Int  # never more than LIMIT
  = "A ring, and what is in it."
L25 method Rings.Ring.Ring
  |     Ring{T}() where {T}
L26-L30 method Rings.Ring.Ring
  |     function Ring(items::Vector{T}) where {T}
L31-L34 class Rings.Options
  | Base.@kwdef struct Options
  |     force::Bool = false
  | end
L35-L46 function Rings.put!
  | function put!(ring::Ring{T}, x::T;
  |               force::Bool=false)::Int where {T}
  = """
  =     put!(ring, x)
  =
  = Puts `x` into `ring`; what is oldest falls out.
  = """
L47-L48 function Rings.share
  | share(ring::Ring)
  = # How much of it is used.
L49 function Rings.Base.+
  | Base.:+(a::Ring, b::Ring)
L50-L51 function Rings.Base.show
  | Base.show(io::IO, ring::Ring)
L52-L55 function Rings.fast
  | @inline function fast(x)
L56-L63 function Rings.@twice
  | macro twice(ex)
  = "Runs a thing twice."
L64-L65 function Rings.stub
  | function stub
L66-L67 function Rings.double
  | double
L68-L71 function Rings.(ring::Ring)
  | function (ring::Ring)(at)
L72 class Rings
L73-L75 function Rings.newer
  |     newer(x)::Int where {T}
L76 section Rings.@testset größe
  | @testset "größe"
L77 function Rings.@testset größe.check
  |     check(x)
L78-L80 section Rings.@testset größe
L81 class Rings.Inner
  | module Inner
L82-L84 function Rings.Inner.deep
  |     deep()
L85 class Rings
> LinearAlgebra Base.Threads ..Shapes JSON store/disk.jl
''',
    "ledger.dart": r"""
L1-L9 block
L10 class Cents
  | typedef Cents = int;
L11-L12 class Compare
  | typedef int Compare(Entry a, Entry b);
L13-L15 block
L16-L20 class Line
  | @immutable
  | abstract class Line<T extends Object> extends Base with Dated implements Comparable<Line>
  = /// One line of a ledger.
  = ///
  = /// It never changes.
L21-L22 method Line.Line
  |   const Line(this.name, {required this.cents, this.note = 'größe'})
L23-L24 method Line.empty
  |   Line.empty()
L25-L27 method Line.fromJson
  |   factory Line.fromJson(Map<String, dynamic> json)
L28-L31 class Line
L32-L34 method Line.total
  |   double get total
  = /// What it comes to.
L35-L38 method Line.total
  |   set total(double value)
L39-L45 method Line.store
  |   @override
  |   @Deprecated('use save')
  |   Future<void> store({bool force = false})
  = // Kept for old callers.
L46-L47 method Line.count
  |   static int count(List<Line> lines)
L48-L49 method Line.abstractly
  |   void abstractly()
L50-L52 method Line.operator ==
  |   @override
  |   bool operator ==(Object other)
L53-L55 method Line.native
  |   external int native()
L56-L58 class Dated
  | mixin Dated on Base
L59-L63 method Dated.touch
  |   void touch()
L64-L65 class Kind
  | enum Kind { paid, owed }
L66-L69 class Currency
  | enum Currency
L70 method Currency.Currency
  |   const Currency(this.sign)
L71-L72 class Currency
L73-L75 method Currency.show
  |   String show(Cents cents)
L76 class Money
  | extension Money on int
L77-L79 method Money.euros
  |   String get euros
L80 class EntryId
  | extension type EntryId(int value)
L81-L83 method EntryId.next
  |   EntryId next()
L84-L85 class Shape
  | sealed class Shape
L86-L89 function numbers
  | Stream<int> numbers()
L90-L91 function add
  | int add(int a, int b)
L92-L96 function main
  | void main(List<String> arguments)
> dart:async package:meta/meta.dart src/entry.dart src/money.dart ledger.g.dart
""",
    "Courier.groovy": r"""
L1-L6 block
L7-L14 class Courier
  | @CompileStatic
  | class Courier extends Worker implements Serializable
  = /**
  =  * Carries parcels — auch große.
  =  */
L15-L18 method Courier.Courier
  |     Courier(String name)
L19-L24 method Courier.take
  |     @Override
  |     def take(String parcel, int count = 1)
  = /** Takes one more. */
L25-L26 method Courier.most
  |     static int most(int a, int b)
L27-L31 method Courier.weigh
  |     def weigh
L32-L33 class Courier.State
  |     enum State { WAITING, ON_THE_ROAD }
L34-L38 class Courier.Listener
  |     interface Listener {
  |         void arrived(String parcel)
  |     }
L39-L42 class Flying
  | trait Flying
L43-L46 function greet
  | def greet(String who)
L47-L49 function twice
  | int twice(int n)
> groovy.transform.CompileStatic java.lang.Math.max
""",
    "CourierSpec.groovy": r"""
L1-L4 block
L5-L7 class CourierSpec
  | class CourierSpec extends Specification
L8-L16 method CourierSpec.takes #count parcels — größe egal
  |     @Unroll
  |     def "takes #count parcels — größe egal"()
L17-L27 method CourierSpec.is empty
  |     def "is empty"()
  = // Nothing is left.
L28-L32 method CourierSpec.setup
  |     def setup()
L33 class Slow
  | @interface Slow { String value() default "" }
> spock.lang.Specification
""",
    "build.gradle": r"""
L1-L6 section plugins
  | plugins
  = // What the courier is built with — größe und gewicht.
L7-L10 block
L11-L14 section ext
  | ext
L15-L19 section dependencies
  | dependencies
L20-L25 section task news
  | task news
  = /* Prints what is new. */
L26-L30 section tasks.register docs
  | tasks.register('docs', Javadoc)
L31-L34 section tasks.named test
  | tasks.named('test')
L35-L38 function version
  | def version()
L39-L41 section subprojects
  | subprojects
> gradle/publish.gradle
""",
    "Jenkinsfile": r"""
L1-L2 block
L3-L6 section pipeline
  | pipeline
L7-L11 section pipeline.stage Build
  |         stage('Build')
L12-L19 section pipeline.stage Test
  |         stage('Test')
  = // Slow.
L20-L24 section pipeline
L25-L27 function notify
  | def notify(String whom)
>
""",
    "shop.sql": r"""
L1-L2 class shop
  | CREATE SCHEMA shop
  = -- Was verkauft wird; Größe egal.
L3-L4 block
L5-L11 class shop.customers
  | CREATE TABLE IF NOT EXISTS shop.customers (
  |     id    BIGSERIAL PRIMARY KEY,
  |     name  TEXT NOT NULL, -- groß oder klein
  |     email VARCHAR(100) UNIQUE
  | )
  = /* Who buys. */
L12 class customers_email
  | CREATE UNIQUE INDEX customers_email ON shop.customers (email)
L13-L14 class on shop.customers
  | create index on shop.customers (lower(name))
L15-L28 class order lines
  | CREATE TABLE "order lines"
L29-L30 block
L31-L37 class totals
  | CREATE OR REPLACE VIEW totals AS
  | SELECT c.id, sum(o.amount) AS total
  | FROM customers c
  | JOIN orders o ON o.customer_id = c.id
  | GROUP BY c.id
  = -- Totals, by customer.
L38-L39 class many
  | CREATE MATERIALIZED VIEW many AS SELECT 1
L40-L53 function with_tax
  | CREATE OR REPLACE FUNCTION with_tax(
  |     amount NUMERIC,
  |     rate NUMERIC DEFAULT 0.19
  | )
  | RETURNS NUMERIC
  | LANGUAGE plpgsql
  = -- With tax.
L54-L55 function plain
  | CREATE FUNCTION plain(a INT) RETURNS INT
L56-L57 function clean
  | CREATE PROCEDURE clean() LANGUAGE sql
L58-L61 function stamp
  | CREATE TRIGGER stamp
  | BEFORE UPDATE ON customers
  | FOR EACH ROW EXECUTE FUNCTION touch()
L62 class mood
  | CREATE TYPE mood AS ENUM ('sad', 'ok')
L63 class numbers
  | CREATE SEQUENCE numbers START 1
L64 block
L65 class my table
  | CREATE TABLE `my table` (`a` INT) ENGINE=InnoDB
>
""",
}
"""Each segment, its signature behind "|", its documentation behind "=", and last the links."""

OPEN: dict[str, set[str]] = {}
"""What the break leaves open, and no name in it says so."""


def check(text: str, parsed: Parsed) -> None:
    """Assert what holds for any text: segments tile it, and spans agree with offsets."""
    at, line = 0, 1
    for s in parsed.segments:
        piece = text[s.start : s.end]
        count = piece.count("\n") + (not piece.endswith("\n"))
        assert (s.start, s.span.first, s.span.last) == (at, line, line + count - 1)
        assert 1 <= count <= LINES + 2 * SLACK
        for part in (s.signature, s.doc):
            if part:
                assert s.start <= part[0] < part[1] <= s.end
                assert text[slice(*part)].strip()
        at, line = s.end, s.span.last + 1
    assert at == len(text)


def outline(text: str, language: str) -> str:
    parsed = parse(text, language)
    check(text, parsed)
    assert parsed.reason == ""
    lines = []
    for s in parsed.segments:
        lines.append(f"{s.span} {s.kind} {s.name}".rstrip())
        for mark, part in (("|", s.signature), ("=", s.doc)):
            if part:
                shown = text[slice(*part)].split("\n")
                lines += [f"  {mark} {line}".rstrip() for line in shown]
    return "\n".join([*lines, " ".join([">", *parsed.links])])


def names(text: str, language: str) -> list[str]:
    return [s.name for s in parse(text, language).segments]


@pytest.mark.parametrize("name", OUTLINES)
def test_every_symbol_is_where_the_file_has_it(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    assert outline(text, detect(name)) == OUTLINES[name].strip("\n")


@pytest.mark.parametrize("name", OUTLINES)
def test_a_file_that_breaks_off_keeps_what_stands_before(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    cut = len(text) // 2 + 7
    broken = parse(text[:cut], detect(name))
    check(text[:cut], broken)
    whole = parse(text, detect(name)).segments
    after = {s.name for s in whole if s.end >= cut}
    before = {s.name for s in whole if s.end < cut and s.name}
    # What the break leaves open cannot be known, nor that it holds what stands in it.
    before -= OPEN.get(name, set())
    closed = [n for n in before if not any(a == n or a.startswith(f"{n}.") for a in after)]
    found = [s.name for s in broken.segments if s.name]
    assert found
    for symbol in closed:
        assert any(symbol.endswith(f) or symbol.startswith(f"{f}.") for f in found), symbol


def test_clauses_of_one_function_are_one_symbol_whatever_stands_between() -> None:
    text = (
        "defmodule A do\n  def f(1), do: 1\n\n  # two\n  def f(2), do: 2\n"
        "  def f(a, b), do: a\n  @x 1\n  def f(a, c), do: c\nend\n"
    )
    spans = [f"{s.span} {s.name}" for s in parse(text, "elixir").segments]
    assert spans == ["L1 A", "L2-L5 A.f", "L6 A.f", "L7 A", "L8-L9 A.f"]


def test_equations_follow_their_type_and_not_that_of_another() -> None:
    text = "f :: Int -> Int\nf 0 = 1\nf n = n\n\ng :: Int\n\nh = 1\nf' = 2\n"
    spans = [f"{s.span} {s.name}" for s in parse(text, "haskell").segments]
    assert spans == ["L1-L4 f", "L5-L6 g", "L7 h", "L8 f'"]


def test_a_comment_between_two_values_documents_the_one_below() -> None:
    text = "val a : int\n(** Which? *)\nval b : int\n(** Its own. *)\n\nval c : int\n"
    parsed = parse(text, "ocamlinterface")
    docs = {s.name: text[slice(*s.doc)] for s in parsed.segments if s.doc}
    assert docs == {"b": "(** Which? *)"}
    assert [str(s.span) for s in parsed.segments] == ["L1", "L2-L3", "L4-L5", "L6"]


def test_a_julia_function_inside_another_is_part_of_it() -> None:
    text = "function f(x)\n    g(y) = y\n    function h()\n    end\nend\n"
    assert names(text, "julia") == ["f"]


def test_a_literate_name_in_quotes_loses_them_and_one_with_a_prime_does_not() -> None:
    assert names("x' = 1\n", "haskell") == ["x'"]
    assert names('CREATE TABLE "a b" (c INT);\n', "sql") == ["a b"]
    assert names("CREATE TABLE [dbo].[Orders] (id INT);\n", "sql") == ["dbo.Orders"]
