"""Symbols of real-looking files: C, C++, Objective-C, Rust, Go, Zig, Swift, Java, C#, Kotlin,
Scala, Python, Ruby, PHP, shell, Lua, TypeScript, JavaScript and Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from longread.ingest import syntax
from longread.ingest.blocks import LINES, SLACK
from longread.ingest.languages import detect
from longread.ingest.syntax import Parsed, parse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "syntax"

OUTLINES = {
    "courier.rs": r"""
L1-L15 block
  = //! A courier that carries letters — naïve on purpose.
  = //!
  = //! Größe matters: nothing here is copied twice.
L16-L22 class Bag
  | #[derive(Clone, Debug)]
  | pub struct Bag<'a, T: Clone> {
  |     pub letters: Vec<T>,
  |     owner: &'a str, // may be “nobody”
  | }
  = /// Where letters wait; `é` counts as one.
L23-L30 class Way
  | #[non_exhaustive]
  | pub enum Way {
  |     Foot,
  |     Train { class: u8 },
  |     Air(u32),
  | }
  = /// How a letter travels.
L31-L32 class Weight
  | pub struct Weight(pub f32);
L33-L34 class Bits
  | union Bits { whole: u32, parts: [u8; 4] }
L35-L36 class Shelf
  | type Shelf<T> = HashMap<String, Vec<T>>;
L37-L41 class Carried
  | pub trait Carried: Display
  = /// What can be carried.
L42-L44 method Carried.weight
  |     fn weight(&self) -> f32;
  = /// Grams, never negative.
L45-L51 method Carried.label
  |     #[inline]
  |     fn label(&self) -> String
  = /** Says who it is for. */
L52-L57 class Bag
  | impl<'a, T> Bag<'a, T>
  | where
  |     T: Clone + Carried,
L58-L69 method Bag.new
  |     #[must_use = "a bag that is dropped loses its letters"]
  |     pub fn new(owner: &'a str) -> Self
  = /// Makes an empty bag.
  =     ///
  =     /// # Panics
  =     /// When nobody owns it.
L70-L82 method Bag.carry
  |     pub async unsafe fn carry<F>(
  |         &mut self,
  |         way: Way, // 徒歩 or other
  |         each: F,
  |     ) -> Result<usize, fmt::Error>
  |     where
  |         F: Fn(&T) -> bool,
  = // Not a doc comment, but it says why.
L83 class Bag
  | impl<T: Clone> Shown for Bag<'_, T>
L84-L88 method Bag.fmt
  |     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result
L89-L94 function weigh
  | #[macro_export]
  | macro_rules! weigh
  = /// Weighs everything: `weigh!(a, b)`.
L95 block
L96-L99 function ring_put
  |     fn ring_put(ring: *mut u8, byte: u8) -> i32;
  = /// Rings, somewhere in C.
L100-L102 class rates
  | pub mod rates
  = //! Prices by weight.
L103-L107 function rates.price
  |     pub const fn price(grams: u32) -> u32
  = /// Returns the price in cents.
L108 class rates.Weight
  |     impl super::Weight
L109-L112 method rates.Weight.cents
  |         pub fn cents(&self) -> u32
L113-L116 class tests
  | #[cfg(test)]
  | mod tests
L117-L121 function tests.a_bag_is_empty_at_first
  |     #[test]
  |     fn a_bag_is_empty_at_first()
> std/collections std std/fmt post/letters
> post routes stamps stamps/price
> regex
""",
    "relay.go": r"""
L1-L24 block
  = // Package relay passes messages on — at most once, façon télégraphe.
L25-L29 class Handler
  | type Handler func(ctx context.Context, m *Message) error
  = // Handler answers messages.
  = //
  = // It must not keep them.
L30 block
L31-L36 class Message
  | 	Message struct {
  | 		ID   string `json:"id"` // “§” in old ones
  | 		Hops int
  | 	}
  = // Message is what travels.
L37-L43 class Station
  | 	Station interface {
  | 		fmt.Stringer
  | 		// Next names the one after.
  | 		Next(m *Message) (Station, error)
  | 	}
  = // Station is where it stops.
L44-L46 class Name
  | 	Name = string
L47-L61 class Relay
  | type Relay[K comparable, V any] struct
  = // Relay holds stations.
L62-L63 class Backend
  | type Backend interface
  = // Backend is what a relay stands on.
L64-L65 method Backend.Open
  | 	Open(ctx context.Context, name string) error
  = // Open makes it ready.
L66 method Backend.Read
  | 	Read(p []byte) (n int, err error)
L67 method Backend.Write
  | 	Write(p []byte) (n int, err error)
L68 method Backend.Seek
  | 	Seek(offset int64) error
L69 method Backend.Flush
  | 	Flush() error
L70 method Backend.Sync
  | 	Sync() error
L71 method Backend.Lock
  | 	Lock()
L72 method Backend.Unlock
  | 	Unlock()
L73-L76 method Backend.Close
  | 	Close() error
  = // Close ends it; 二度 is an error.
L77-L82 function New
  | func New(name string) *Relay[string, Station]
  = // New makes a relay.
L83-L95 method Relay.Send
  | func (r *Relay[K, V]) Send(
  | 	ctx context.Context, // ends the sending
  | 	m *Message,
  | ) (n int, err error)
  = // Send passes m on.
  = //
  = //go:noinline
L96-L97 method Name.String
  | func (Name) String() string
L98-L99 method Message.Empty
  | func (m Message) Empty() bool
L100-L101 function add
  | func add(a, b int) int
L102-L108 function Map
  | func Map[T, U any](s []T, f func(T) U) []U
  = /* Map applies f
  = to all of s. */
L109-L111 function init
  | func init()
> context fmt github.com/acme/relay/wire github.com/acme/relay/codec/json
> embed C
""",
    "kiln.zig": r"""
L1-L12 block
  = //! A kiln for small pots — Öfen, nothing else.
  = //! It is never opened while hot.
L13-L15 class FireError
  | pub const FireError = error{ TooHot, Cracked };
  = /// Why a firing failed.
L16-L20 class Mode
  | pub const Mode = enum(u8)
  = /// How a pot is fired — “Brand”.
L21-L26 method Mode.heat
  |     pub fn heat(self: Mode) u32
  = /// Returns degrees.
L27-L31 class Outcome
  | const Outcome = union(enum) {
  |     fired: u32,
  |     broken: FireError,
  | };
L32-L33 class Point
  | pub const Point = struct { x: f32, y: f32 };
L34-L41 function Kiln
  | pub fn Kiln(comptime T: type) type
  = /// Holds pots in rows.
L42-L48 method Kiln.init
  |         pub fn init(allocator: std.mem.Allocator) Self
  = /// Makes an empty one.
L49-L52 class Shelf
  | pub const Shelf = struct
L53-L55 class Shelf.Bracket
  |     const Bracket = packed struct
L56-L60 method Shelf.Bracket.turn
  |         fn turn(self: *Bracket) void
L61-L72 method Shelf.put
  |     pub fn put(
  |         self: *Shelf,
  |         pot: anytype, // 壺 of any kind
  |     ) FireError!usize
  = /// Puts a pot on it.
  =     ///
  =     /// Fails when there is no room.
L73-L78 function kiln_open
  | export fn kiln_open(handle: ?*anyopaque) callconv(.C) c_int
  = // Called from C.
L79-L80 function kiln_close
  | extern "c" fn kiln_close(handle: *anyopaque) void;
L81-L84 function double
  | pub inline fn double(comptime n: comptime_int) comptime_int
L85-L89 function test a shelf has rows
  | test "a shelf has rows"
L90-L92 function test Shelf
  | test Shelf
> std glaze.zig clay/red.zig kiln.h
""",
    "tide.c": r"""
L1-L6 block
L7-L9 function TIDE_MAX
  | #define TIDE_MAX(a, b)
  = /* How high. */
L10-L15 class tide_t
  | typedef struct tide {
  |     double height; // metres
  | } tide_t;
  = /* A tide;
  =    höher at full moon. */
L16-L18 class tide_way
  | enum tide_way { TIDE_IN, TIDE_OUT }
  = /// Which way.
L19-L27 function tide_read
  | static inline double
  | tide_read(const tide_t *tide, /* not NULL */
  |           int hour)
  = // Reads it.
  = // Returns metres.
L28-L29 block
L30-L33 function tide_stop
  | __attribute__((noreturn)) void tide_stop(void)
L34 block
L35 function tide_next
  | int tide_next(void);
> tide.h math.h
""",
    "meadow.cpp": r"""
L1-L5 block
L6-L8 function GRAZE
  | #define GRAZE(animal, ...)
L9-L15 block
L16-L17 function count_hidden
  | static int count_hidden()
L18-L19 block
L20 class farm
  | namespace farm
L21-L22 class farm.fields.wet
  | namespace fields::wet
L23-L25 class farm.fields.wet.Grass
  | enum class Grass : unsigned char { Short, Tall }
  = /// Kinds of grass.
L26-L27 class farm.fields.wet.Herd
  | using Herd = std::vector<Animal*>;
L28-L33 class farm.fields.wet.Meadow
  | template <typename T, int N = 4>
  | class [[nodiscard]] Meadow final : public Field<T>, private Fence
  = /**
  =  * A meadow with a fence.
  =  */
L34-L35 class farm.fields.wet.Meadow.value_type
  |     using value_type = T;
L36-L41 method farm.fields.wet.Meadow.Meadow
  |     explicit Meadow(std::string name, int size = 3)
  = /// Makes one; “name” may be empty.
L42 method farm.fields.wet.Meadow.Meadow
  |     Meadow(const Meadow&) = delete;
L43-L44 method farm.fields.wet.Meadow.~Meadow
  |     virtual ~Meadow();
L45-L47 method farm.fields.wet.Meadow.room
  |     [[nodiscard]] int room() const noexcept override
  = // How many animals fit.
L48-L50 method farm.fields.wet.Meadow.visit
  |     template <class Visitor>
  |     void visit(Visitor&& visitor) const;
L51 method farm.fields.wet.Meadow.operator+=
  |     Meadow& operator+=(const T& animal);
L52 method farm.fields.wet.Meadow.operator bool
  |     explicit operator bool() const
L53-L54 method farm.fields.wet.Meadow.find
  |     static const T* find(int at);
L55-L56 class farm.fields.wet.Meadow.Gate
  |     struct Gate
L57-L59 method farm.fields.wet.Meadow.Gate.swing
  |         void swing()
L60-L61 method farm.fields.wet.Meadow.swap
  |     friend void swap(Meadow& a, Meadow& b)
L62-L66 class farm.fields.wet.Meadow
L67-L73 method farm.fields.wet.Meadow.~Meadow
  | template <typename T, int N>
  | Meadow<T, N>::~Meadow()
  = // Runs when the last animal has left: 終わり.
L74-L79 method farm.fields.wet.Meadow.operator+=
  | template <typename T, int N>
  | auto Meadow<T, N>::operator+=(const T& animal) -> Meadow&
L80-L82 class farm.fields.wet
L83-L84 class farm.fields.wet.Point
  | struct Point { int x, y; }
L85-L86 class farm.fields.wet.Weather
  | union Weather { float rain; int sun; }
L87-L88 class farm.fields.wet
L89-L91 class farm.Grazing
  | template <typename T>
  | concept Grazing = requires(T t) { t.graze(); };
L92-L101 function farm.feed
  | template <Grazing T>
  | requires(sizeof(T) > 1)
  | constexpr auto feed(T&& animal, int amount)
  |     -> decltype(animal.graze())
  = /* Feeds all. */
L102-L103 class farm.Bell
  | typedef void (*Bell)(int rings);
L104-L105 class farm
L106-L111 method farm.Farm.Barn.door
  | int farm::Farm::Barn::door(int n) const
L112 block
L113-L114 function farm_open
  | int farm_open(const char* name);
L115-L117 function farm_close
  | int farm_close(void)
L118-L119 block
L120-L122 function main
  | int main(int argc, char** argv)
> meadow.hpp vector sys/types.h
""",
    "meadow.h": r"""
L1-L5 block
L6-L7 class farm
  | namespace farm
L8-L10 class farm.Animal
  | class Animal
  = /// Something that grazes, wie die Kühe.
L11 method farm.Animal.graze
  |     virtual void graze() = 0;
L12-L13 method farm.Animal.age
  |     int age() const
L14-L17 class farm.Animal
L18-L20 class farm
> field.h
""",
    "Lamp.m": r"""
L1-L8 block
L9-L14 class LampError
  | typedef NS_ENUM(NSInteger, LampError) {
  |     LampErrorNone = 0,
  |     LampErrorBroken, // “kaputt”
  | }
  = /** How a lamp fails. */
L15-L16 class LampBlock
  | typedef void (^LampBlock)(int level);
L17-L18 block
L19-L20 class LampDelegate
  | @protocol LampDelegate <NSObject>
  = /// Whoever wants to know.
L21 method LampDelegate.lampDidChange:
  | - (void)lampDidChange:(Lamp *)lamp;
L22 class LampDelegate
L23-L24 method LampDelegate.lamp:didFailWith:
  | - (BOOL)lamp:(Lamp *)lamp didFailWith:(NSError *)error;
  = /// Says that it broke.
L25-L26 class LampDelegate
L27-L30 class Lamp
  | @interface Lamp : NSObject <NSCopying>
  = /// A lamp.
L31 method Lamp.lampNamed:
  | + (instancetype)lampNamed:(NSString *)name;
L32-L34 method Lamp.dimTo:animated:
  | - (void)dimTo:(int)level
  |      animated:(BOOL)animated;
  = /// Dims it.
L35 method Lamp.off
  | - (void)off;
L36-L37 class Lamp
L38-L40 class Lamp
  | @interface Lamp ()
L41 method Lamp.flicker
  | - (void)flicker;
L42-L43 class Lamp
L44-L47 function clamp
  | static int clamp(int level)
L48-L49 block
L50-L56 class Lamp
  | @implementation Lamp
  = // Where it is all done.
L57-L61 method Lamp.lampNamed:
  | + (instancetype)lampNamed:(NSString *)name
L62-L69 method Lamp.dimTo:animated:
  | - (void)dimTo:(int)level
  |      animated:(BOOL)animated
  = // Dims step by step.
L70-L71 method Lamp.off
  | - (void)off
L72-L75 method Lamp.copyWithZone:
  | - (id)copyWithZone:(NSZone *)zone
L76-L77 class Lamp
L78-L79 class Lamp
  | @implementation Lamp (Colour)
L80-L83 method Lamp.colour
  | - (NSString *)colour
L84-L85 class Lamp
L86-L91 function main
  | int main(int argc, const char *argv[])
> Lamp.h Foundation/Foundation.h CoreGraphics wire.h
""",
    "Harbour.swift": r"""
L1-L5 block
L6-L17 class Vessel
  | public protocol Vessel: AnyObject {
  |     associatedtype Cargo
  |     /// The name on its side.
  |     var name: String { get set }
  |     init(name: String)
  |     func load(_ cargo: Cargo) throws -> Int
  |     static func named(_ name: String) -> Self?
  | }
  = /// What can lie in a harbour.
  = ///
  = /// - Note: größer is slower.
L18-L19 class Tonnes
  | typealias Tonnes = Double
L20-L25 class Berth
  | @frozen
  | public enum Berth: String, CaseIterable
  = /// Where a ship may go.
L26-L30 method Berth.isWet
  |     var isWet: Bool
  = /// Whether there is water in it.
L31-L36 class Berth.Rope
  |     indirect enum Rope {
  |         case single(Tonnes)
  |         case twisted(Rope, Rope)
  |     }
L37-L42 class Manifest
  | @available(macOS 13, *)
  | public struct Manifest<Item: Codable>: Codable where Item: Hashable
L43-L44 method Manifest.count
  |     public var count: Int
L45-L49 method Manifest.subscript
  |     public subscript(index: Int) -> Item
  = /// Reads an item by its number.
L50-L52 method Manifest.clear
  |     mutating func clear()
L53-L57 class Harbour
  | @MainActor
  | public final class Harbour: NSObject, Vessel
  = /**
  =  A harbour with a master.
  =  */
L58 class Harbour.Cargo
  |     public typealias Cargo = String
L59-L60 class Harbour
L61-L66 method Harbour.name
  |     public var name: String
  = /// Watched by the master.
L67-L72 method Harbour.init
  |     @objc
  |     public required init(name: String)
  = /// Makes one.
L73-L77 method Harbour.init
  |     convenience init?(depth: Int)
L78-L79 method Harbour.deinit
  |     deinit
L80-L89 method Harbour.load
  |     @discardableResult
  |     public func load(
  |         _ cargo: Cargo, // 貨物
  |         twice: Bool = false
  |     ) throws -> Int
  = // Loads, or fails.
L90-L91 method Harbour.named
  |     public static func named(_ name: String) -> Self?
L92-L96 method Harbour.==
  |     static func == (left: Harbour, right: Harbour) -> Bool
L97 class Harbour
  | extension Harbour: CustomStringConvertible
L98-L99 method Harbour.description
  |     override public var description: String
L100 class Harbour.Crane
  |     class Crane
L101-L104 method Harbour.Crane.lift
  |         func lift<T>(_ load: T) async -> T where T: Sendable
L105-L106 class Pilot
  | actor Pilot
L107-L109 method Pilot.guide
  |     func guide() -> Int
L110-L111 block
L112-L116 function moor
  | func moor<V: Vessel>(_ vessel: V, at berth: Berth = .north) async throws
  = /// Moors a ship.
L117 block
L118-L119 function sound
  | func sound() -> String
> Foundation UIKit/UIView HarbourCore
""",
    "Orchard.java": r"""
L1-L10 block
L11-L29 class Orchard
  | @Deprecated(since = "3")
  | @SuppressWarnings({"unchecked", "rawtypes"})
  | public sealed abstract class Orchard<F extends Fruit & Comparable<F>>
  |         extends Land<F>
  |         implements Iterable<F>, AutoCloseable permits Orchard.Hill
  = /**
  =  * Trees and what grows on them — größer als gedacht.
  =  *
  =  * @param <F> what grows
  =  */
L30-L34 method Orchard.Orchard
  |     protected Orchard(List<F> trees)
  = /** Plants one. */
L35-L52 method Orchard.pick
  |     @Override
  |     public <T extends Basket<F>> T pick(
  |             final T basket, // 籠
  |             int... rows) throws PickException, java.io.IOException
  = /**
  =      * Picks what is ripe.
  =      */
  =     // Slow in winter.
L53-L54 method Orchard.count
  |     public abstract int count();
L55-L56 method Orchard.shake0
  |     private native void shake0(long handle);
L57-L58 class Orchard.Hill
  |     static final class Hill extends Orchard<Apple>
  = /** A hill of it. */
L59-L60 method Orchard.Hill.Hill
  |         Hill()
L61-L63 method Orchard.Hill.count
  |         @Override public int count()
L64-L72 class Orchard.Ripeness
  |     public enum Ripeness implements Supplier<String>
  = /** How ripe it is. */
L73-L74 method Orchard.Ripeness.Ripeness
  |         Ripeness(String name)
L75-L77 method Orchard.Ripeness.get
  |         @Override public String get()
L78-L79 class Orchard.Season
  |     enum Season { SPRING, AUTUMN }
L80-L81 class Orchard.Crate
  |     public record Crate<T>(String label, List<T> fruit) implements Comparable<Crate<T>>
  = /** A crate and what is in it. */
L82-L86 method Orchard.Crate.Crate
  |         public Crate
  = /** Checks it. */
L87-L89 method Orchard.Crate.compareTo
  |         public int compareTo(Crate<T> other)
L90-L91 class Orchard.Picker
  |     @FunctionalInterface
  |     interface Picker<F>
L92-L94 method Orchard.Picker.pick
  |         F pick(Tree tree);
  = /** Picks one. */
L95-L100 method Orchard.Picker.twice
  |         default Picker<F> twice()
L101-L107 class Pruned
  | @Retention(RetentionPolicy.RUNTIME)
  | @interface Pruned {
  |     /** Who did it. */
  |     String by() default "Zoë";
  |     int year();
  | }
  = /** Marks what was pruned. */
> java/util/List java/util/function com/acme/tools/Ladder com/acme/fruit/Apple
""",
    "Ledger.cs": r"""
L1-L9 block
L10-L11 class Acme.Books
  | namespace Acme.Books
L12-L25 class Ledger
  |     [Serializable, Obsolete("use Journal")]
  |     public abstract partial class Ledger<T> : Book, IEnumerable<T>
  |         where T : struct, IEntry
  = /// <summary>
  =     /// Where money is written down — größer als null.
  =     /// </summary>
  =     /// <typeparam name="T">what is written</typeparam>
L26-L33 method Ledger.Total
  |         [JsonIgnore]
  |         public decimal Total
  = /// <summary>How much there is.</summary>
L34-L35 method Ledger.Count
  |         public int Count
L36-L40 method Ledger.this[]
  |         public T this[int row]
L41-L45 method Ledger.Ledger
  |         public Ledger(string name) : base(name)
L46-L47 method Ledger.Ledger
  |         static Ledger()
L48-L49 method Ledger.~Ledger
  |         ~Ledger()
L50-L61 method Ledger.AddAsync
  |         [MethodImpl(MethodImplOptions.AggressiveInlining)]
  |         public async Task<int> AddAsync<U>(
  |             T entry, // 記入
  |             U? note = default)
  |             where U : class
  = /// <summary>Adds one.</summary>
  =         /// <returns>its row</returns>
L62-L64 method Ledger.Sum
  |         protected abstract decimal Sum(int from);
  = // Only for those below.
L65-L66 method Ledger.operator +
  |         public static Ledger<T> operator +(Ledger<T> left, T right)
L67-L68 method Ledger.operator bool
  |         public static implicit operator bool(Ledger<T> ledger)
L69-L70 method Ledger.GetEnumerator
  |         IEnumerator<T> IEnumerable<T>.GetEnumerator()
L71-L73 class Ledger.Row
  |         private struct Row { public int Number; public T Entry; }
L74-L76 class Entry
  |     public readonly record struct Entry(DateTime When, decimal Amount) : IEntry;
  = /// <summary>One line.</summary>
L77-L78 class Person
  |     public record Person(string First, string Last)
L79-L81 method Person.Full
  |         public string Full
L82-L84 class Side
  |     [Flags]
  |     public enum Side : byte { Debit = 1, Credit = 2 }
L85-L92 class IEntry
  |     public interface IEntry
  |     {
  |         decimal Amount { get; }
  |
  |         /// <summary>Says it.</summary>
  |         string Say(string language = "de");
  |     }
L93-L94 class Booked
  |     public delegate void Booked<in T>(object sender, T entry);
L95-L96 class Entries
  |     internal static class Entries
L97-L103 method Entries.Sum
  |         public static decimal Sum(this IEnumerable<Entry> entries)
  = /* Sums them. */
L104-L105 class Deep
  |     namespace Deep
L106-L107 class Vault
  |         class Vault { int number; }
L108-L109 class Key
  |         struct Key
L110-L113 method Key.Turn
  |             void Turn()
> System System/Collections/Generic System/Math System/Text/Json
> Acme/Books/Entries
""",
    "Program.cs": r"""
L1-L2 block
L3-L4 class Acme.Tools
  | namespace Acme.Tools;
L5-L7 class Runner
  | public class Runner
  = /// <summary>Runs it — für alle.</summary>
L8-L9 method Runner.Run
  |     public void Run()
> Acme/Books
""",
    "Voyage.kt": r"""
L1-L11 block
L12-L13 class Route
  | typealias Route = List<Pair<Port, Port>>
L14-L27 class Voyage
  | @Serializable
  | @Suppress("unused")
  | sealed class Voyage<out T : Cargo>(
  |     val ship: Ship,
  |     private var days: Int = 3, // “Tage”
  | ) : Trip(ship), Comparable<Voyage<*>> where T : Any
  = /**
  =  * A voyage from port to port.
  =  *
  =  * @property ship what sails
  =  */
L28-L31 method Voyage.done
  |     val done: Boolean
  = /** Whether it is over. */
L32-L36 method Voyage.speed
  |     var speed: Double = 1.0
L37-L42 class Voyage
L43-L47 method Voyage.constructor
  |     constructor(ship: Ship) : this(ship, 1)
  = /** Makes a short one. */
L48-L57 method Voyage.sail
  |     @Throws(StormException::class)
  |     suspend inline fun <reified R> sail(
  |         to: Port, // 港
  |         crossinline each: (Int) -> R,
  |     ): List<R> where R : Any
  = // Sails on.
L58-L59 method Voyage.cost
  |     abstract fun cost(): Int
L60-L61 method Voyage.compareTo
  |     override fun compareTo(other: Voyage<*>)
L62-L63 method Voyage.plus
  |     operator fun plus(more: Int): Voyage<T>
L64 class Voyage.Cabin
  |     inner class Cabin(val number: Int)
L65-L67 method Voyage.Cabin.open
  |         fun open()
L68 class Voyage.Factory
  |     companion object Factory
L69-L74 method Voyage.Factory.of
  |         @JvmStatic
  |         fun of(ship: Ship): Voyage<Cargo>
  = /** Makes one. */
L75-L76 class Port
  | data class Port(val name: String, val depth: Int)
L77 class Harbours
  | object Harbours : Registry<Port>()
L78-L80 method Harbours.byName
  |     fun byName(name: String): Port?
L81-L87 class Sea
  | enum class Sea(val height: Int)
  = /** What the sea is like. */
L88-L90 method Sea.warn
  |     open fun warn(): String
L91-L92 class Wind
  | enum class Wind { NORTH, SOUTH }
L93-L96 class Watch
  | fun interface Watch {
  |     fun seen(what: String): Boolean
  | }
L97-L99 class Knots
  | @JvmInline
  | value class Knots(val value: Double)
L100-L101 class Nautical
  | annotation class Nautical(val why: String)
L102-L109 method Ship.christen
  | internal fun Ship.christen(name: String = "Zoë"): Ship
  = /**
  =  * Names the ship.
  =  */
L110 method Ship.isSmall
  | val Ship.isSmall: Boolean
> com/acme/ship/Ship com/acme/ship/sails/hoist kotlin/math
""",
    "Garden.scala": r"""
L1-L9 block
L10-L21 class Garden
  | @deprecated("use Park", "2.0")
  | sealed abstract class Garden[+P <: Plant](
  |     val owner: String, // “Besitzer”
  |     protected val size: Int = 3
  | )(implicit clock: Clock)
  |     extends Land(owner)
  |     with Walled
  = /** A garden — größer als ein Beet.
  =   *
  =   * @tparam P what grows
  =   */
L22 class Garden.Row
  |   type Row = List[P]
L23-L25 class Garden
L26-L28 method Garden.this
  |   def this(owner: String) =
  = /** Makes a small one. */
L29-L39 method Garden.water
  |   @throws[DryException]
  |   final def water[T >: P](
  |       amount: Double, // 水
  |       each: T => Unit
  |   ): Either[String, Int] =
  = /** Waters all.
  =     */
L40-L41 method Garden.weeds
  |   def weeds: Int
L42-L43 method Garden.+
  |   def +(plant: Plant): Garden[P] =
L44-L45 class Garden.Gate
  |   class Gate
  = // Opens and closes.
L46-L49 method Garden.Gate.open
  |     def open(): Unit =
L50-L52 class Garden
  | object Garden
L53-L56 method Garden.apply
  |   def apply(owner: String): Garden[Rose] =
L57 class Garden.Measured
  |   implicit class Measured(val n: Int) extends AnyVal
L58-L61 method Garden.Measured.metres
  |     def metres: Double =
L62-L67 class Walled
  | trait Walled { self: Land =>
  |   /** How high. */
  |   def height: Double
  | }
  = /** Has a wall. */
L68-L69 class Rose
  | case class Rose(colour: String, thorns: Int = 7) extends Plant
L70-L71 class Weed
  | case object Weed extends Plant
L72 class tools
  | package object tools
L73-L75 function tools.rake
  |   def rake(rows: Int*): Unit =
L76-L79 class Season
  | enum Season(val mild: Boolean)
L80-L82 method Season.next
  |   def next: Season =
  = /** The one after — naïve. */
L83 class Ordering[Season]
  | given Ordering[Season] with
L84-L85 method Ordering[Season].compare
  |   def compare(a: Season, b: Season): Int =
L86 class Garden
  | extension (garden: Garden[Plant])
L87 method Garden.name
  |   def name: String =
L88-L89 method Garden.grown
  |   def grown(by: Int): Int =
L90-L91 class Metres
  | opaque type Metres = Double
L92-L94 function twice
  | inline def twice(n: Int): Int =
L95-L96 function plant
  | @main def plant(names: String*): Unit =
> scala/collection/mutable/Map scala/collection/mutable/Set com/acme/tools com/acme/plants/Rose
> com/acme/plants/seeds java/time/Instant
""",
    "harvest.py": r'''
L1-L13 block
  = "What is picked, and when: größere Mengen."
L14-L16 class Basket
  | type Basket[T] = list[T]
L17-L18 function pick
  | @overload
  | def pick(row: int) -> str:
L19-L20 function pick
  | @overload
  | def pick(row: str) -> bytes:
L21-L25 function pick
  | def pick(row):
L26-L38 class Crate
  | @dataclasses.dataclass(
  |     frozen=True,
  | )
  | class Crate:
  = r"""A crate.
  =
  =     With \d lines.
  =     """
L39-L44 method Crate.heavy
  |     @property
  |     def heavy(self) -> bool:
  = "Whether two must "
  =          "carry it."
L45-L47 method Crate.heavy
  |     @heavy.setter
  |     def heavy(self, value: bool) -> None:
L48-L49 class Crate.Lid
  |     class Lid[T]:
  = "Closes it."
L50-L51 method Crate.Lid.close
  |         def close(self):
L52-L63 method Crate.load
  |     async def load(
  |         self,
  |         *crates: "Crate",  # any number
  |     ) -> dict[
  |         str, int
  |     ]:
  = """Loads them."""
L64 block
L65 function weigh
  |     def weigh(crate):
L66-L67 block
L68-L69 function weigh
  |         def weigh(crate):
  = """Weighs nothing."""
L70-L73 block
> dataclasses typing typing.overload .barn
> .barn.stack orchard.trees
''',
    "bakery.rb": r"""
L1-L9 block
L10-L12 class Bakery
  | module Bakery
L13-L15 class Bakery.BurntError
  |   class BurntError < StandardError; end
  = # Raised when it burns.
L16 class Bakery.Loaf
  |   Loaf = Struct.new(:weight, :name)
L17-L22 method Bakery.Loaf.heavy?
  |     def heavy?
  = # Whether two can carry it.
L23-L24 class Bakery.Crumb
  |   Crumb = Class.new(Loaf)
L25-L35 class Bakery.Shop
  |   class Shop < Store::Base
  = # Bakes and sells.
  =   #
  =   # @example
  =   #   Shop.new("Zoë").bake(3)
L36-L40 method Bakery.Shop.initialize
  |     def initialize(owner, loaves: [], **rest)
  = # Makes one.
L41 class Bakery.Shop
L42-L44 method Bakery.Shop.nearest
  |       def nearest(place) =
  = # Opens the nearest.
L45-L46 class Bakery.Shop
L47-L51 method Bakery.Shop.places
  |       def places
L52-L61 method Bakery.Shop.open
  |     def self.open(
  |       owner, # 店主
  |       &block
  |     )
L62-L67 method Bakery.Shop.bake
  |     memoize def bake(count = 1)
  = # Bakes `count` loaves.
L68-L71 method Bakery.Shop.<=>
  |     def <=>(other)
L72-L75 method Bakery.Shop.knead!
  |     private def knead!
L76-L77 method Bakery.Shop.empty
  |     def empty; end
L78-L81 method Bakery.Shop.smell
  |     define_method(:smell)
L82-L84 class Bakery.Shop
L85 class Bakery.Helpers.Text
  |   module Helpers::Text
L86-L89 method Bakery.Helpers.Text.shout
  |     def shout(text)
L90 class Bakery.Oven
  | class Bakery::Oven
L91-L99 method Bakery.Oven.heat
  |   def heat
L100-L103 function top
  | def top(level)
L104 section describe Bakery::Shop
  | RSpec.describe Bakery::Shop
L105 section describe Bakery::Shop.describe #bake
  |   describe "#bake"
L106-L111 function describe Bakery::Shop.describe #bake.it bakes
  |     it "bakes"
L112-L114 block
> json oven/stone bakery/flour bakery/rye
> config.rb
""",
    "Cinema.php": r"""
L1-L6 block
L7-L8 class App\Cinema
  | namespace App\Cinema;
L9-L19 block
L20-L27 class Seated
  | interface Seated extends \Countable
  | {
  |     /** Finds a seat. */
  |     public function seat(int $row): ?Seat;
  |     public const FRONT = 1;
  | }
  = /** Whoever can be seated. */
L28-L34 class Counts
  | trait Counts
  = /**
  =  * Counts.
  =  */
L35-L37 method Counts.count
  |     public function count(): int
L38-L43 class Volume
  | enum Volume: string
  = /** How loud. */
L44-L50 method Volume.other
  |     public function other(): self
  = /** The other one. */
L51-L52 class Side
  | enum Side { case Left; case Right; }
L53-L66 class Cinema
  | #[Service(name: "cinema")]
  | #[AsListener]
  | abstract class Cinema extends House implements Seated, \IteratorAggregate
  = /**
  =  * Shows films.
  =  *
  =  * @template T of Film
  =  */
L67-L71 method Cinema.title
  |     public string $title
L72-L81 method Cinema.__construct
  |     public function __construct(
  |         private readonly Film $film, // 映画
  |         protected ?Reel $reel = null,
  |     )
  = /**
  =      * Makes one.
  =      */
L82-L94 method Cinema.show
  |     #[Route('/show')]
  |     final public static function show(string ...$names): static|false
  = /** Shows it. */
  =     // Not on Mondays.
L95-L96 method Cinema.price
  |     abstract protected function price(int $age): float;
L97-L99 method Cinema.seats
  |     public function &seats()
L100-L106 function open_doors
  | function open_doors(int $count = 2): void
  = # Opens the doors.
L107 block
L108-L110 function close_doors
  |     function close_doors()
L111-L113 function later
  | $later = function (int $n)
L114-L116 block
> App/Films/Film App/Films/Reel App/Films/Genre App/Tools/dim
> App/ROWS bootstrap.php lights.php ../vendor/autoload.php
""",
    "deploy.sh": r"""
L1-L10 block
L11-L15 function log
  | log()
  = # Says it, and when.
L16-L23 function copy_files
  | function copy_files
  = # Copies files
  = # to the host.
L24-L28 function restart
  | function restart()
L29 block
L30-L37 function notify
  |     notify()
  = # Only where nobody looks.
L38-L39 block
L40-L46 function stage::run
  | stage::run()
L47-L48 function my-func
  | my-func ()
L49-L54 function main
  | main()
L55 block
> ./lib/common.sh .profile env/prod.sh
""",
    "garden.lua": r"""
L1-L9 block
L10-L19 function M.water
  | function M.water(bed, litres)
  = --- Waters a bed.
  = -- @param bed which one
  = -- @return litres
L20-L28 method M.beds.grow
  | function M.beds:grow(
  |   days, -- 日
  |   ...
  | )
  = --[[ Grows it.
  =   Größer is better. ]]
L29-L32 class Plant
  | local Plant = class("Plant")
  = ---@class Plant
  = ---@field name string
L33-L35 method Plant.initialize
  | function Plant:initialize(name)
  = ---@param name string
L36-L40 function prune
  | local function prune(plant)
  = -- Cuts what is dead.
L41-L44 function M.rake
  | M.rake = function(rows)
L45-L46 function sow
  | local sow = function()
L47 class M.handlers
  | M.handlers =
L48-L51 function M.handlers.on_rain
  |   on_rain = function(amount)
  = -- When it rains.
L52 function M.handlers.on sun
  |   ["on sun"] = function()
L53-L55 class M.handlers
L56-L57 function _G.global_bed
  | function _G.global_bed()
L58 block
L59-L61 function M.fast
  |   function M.fast()
L62 block
> middleclass garden/soil garden/tools
""",
    "palette.ts": r"""
L1-L7 block
L8-L12 class Colour
  | export interface Colour {
  |   name: string;
  | }
  = /** One colour. */
L13-L25 function blend
  | export async function blend<T extends Colour>(
  |   a: T, // 色
  |   b: T,
  | ): Promise<T>
  = /**
  =  * Mixes two.
  =  * @deprecated
  =  */
  = // And says so.
L26-L27 block
L28-L31 class Pot
  | export class Pot<T = Colour>
L32-L36 method Pot.open
  |   @Logged()
  |   @Timed({ unit: "ms" })
  |   private open(): void
  = // Opens it.
L37-L41 method Pot.full
  |   get full(): boolean
  = /** Reads and writes. */
L42-L46 class Pot
L47-L49 class Names
  | export type Names = Record<string, Pot>;
  = /** Names of pots. */
L50-L51 class Shelf
  | export namespace Shelf
  = /** Where they stand. */
L52-L55 function Shelf.put
  |   export const put = (pot: Pot): void =>
  = /** Puts one there. */
L56-L58 class Kind
  | declare enum Kind { Oil, Water }
  = /** Which kind. */
L59-L60 class default
  | export default class extends Pot
  = /** Throws it away. */
L61-L64 method default.throwAway
  |   throwAway = async (): Promise<void> =>
> ./tone ../paint ./mix ./shades
> node:fs
""",
    "Badge.tsx": r"""
L1-L2 block
L3-L5 class Props
  | type Props = { text: string };
  = /** What it says. */
L6-L10 function Badge
  | export const Badge: React.FC<Props> = ({ text }) =>
  = /** A badge — größer als ein Punkt. */
L11-L15 function Quick
  | export const Quick = React.memo(function Quick({ text }: Props)
  = // Remembers it.
L16-L17 class Wall
  | export default class Wall extends React.Component<Props>
  = /** Holds many. */
L18-L22 method Wall.render
  |   render()
  = /** Draws 壁. */
> react
""",
    "cart.jsx": r"""
L1-L8 block
L9-L20 function CartLine
  | export default function CartLine({ item, onRemove })
  = /**
  =  * One line of the cart.
  =  */
L21-L26 function Cart
  | export const Cart = ({ items }) =>
L27-L30 function Total
  | export const Total = React.memo(function Total({ items })
L31-L34 class Basket
  | class Basket extends legacy.Basket
L35-L39 method Basket.add
  |   add(item)
  = /** Adds one. */
L40-L41 method Basket.size
  |   get size()
L42-L46 method Basket.onChange
  |   onChange = (event) =>
L47-L50 function Basket.clear
  | Basket.prototype.clear = function ()
L51-L54 function pages
  | async function* pages(url)
L55 block
L56-L58 function open
  | exports.open = async (id) =>
> react ./price ../legacy/cart
""",
    "guide.md": r"""
L1-L6 block
L7-L11 section Using the ring — ein Überblick
  | # Using the ring — ein Überblick
L12-L18 section Put
  | ## Put
L19-L23 section Tests
  | Tests
  | -----
L24-L25 section `ring_count`
  | ### `ring_count` ###
L26-L28 section
  | #
> ../LICENSE.txt ./ring.h client.py
""",
}


def check(text: str, parsed: Parsed) -> None:
    """Assert that segments tile a text, and that what is shown of each stands in it."""
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


def read(name: str) -> tuple[str, str]:
    """Return the text of a file and its language."""
    data = (FIXTURES / name).read_bytes()
    return data.decode(), detect(name, "", data)


def outline(text: str, language: str) -> str:
    """Return lines of segments, and below each its signature, its documentation; then links."""
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
    links = parsed.links
    lines += [" ".join([">", *links[at : at + 4]]) for at in range(0, len(links), 4)]
    return "\n".join(lines)


def names(text: str, language: str) -> list[str]:
    parsed = parse(text, language)
    check(text, parsed)
    return list(dict.fromkeys(s.name for s in parsed.segments if s.name))


@pytest.mark.parametrize("name", OUTLINES)
def test_every_symbol_is_where_the_file_has_it(name: str) -> None:
    assert outline(*read(name)) == OUTLINES[name].strip("\n")


@pytest.mark.parametrize("name", [n for n in OUTLINES if OUTLINES[n].count("\nL") > 8])
def test_a_file_that_breaks_off_keeps_what_stands_before(name: str) -> None:
    text, language = read(name)
    whole = parse(text, language).segments
    cut = text.index("\n", len(text) * 3 // 5) - 1
    broken = parse(text[:cut], language)
    check(text[:cut], broken)
    # What holds the break may be lost, and with it the first part of its members' names.
    found = {s.name.rpartition(".")[2] for s in broken.segments}
    before = {s.name for s in whole if s.name and s.end <= cut}
    after = {s.name for s in whole if s.name and s.end > cut}
    closed = {n for n in before - after if not any(a.startswith(f"{n}.") for a in after)}
    closed.discard("Acme.Books")  # it lasts to the end, though it is no part of its members' names
    assert closed
    assert {n.rpartition(".")[2] for n in closed} <= found


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("impl<T> fmt::Display for &mut Bag<T> { fn fmt() {} }", "rust", "Bag"),
        ("impl Trait for dyn Other + Send {\n    fn go() {}\n}", "rust", "Other Other.go"),
        ("mod a {\n    mod b {\n        fn c() {}\n    }\n}", "rust", "a a.b a.b.c"),
        ("package p\n\nfunc (x *T[A, B]) Go() {}", "go", "T.Go"),
        ("package p\n\ntype A struct{}; type B int", "go", "A"),
        ("namespace a::b {\nint f();\n}", "cpp", "a.b a.b.f"),
        ("struct API_EXPORT A final : B {\n  int f() const;\n};", "cpp", "A A.f"),
        ("class Q : public QObject {\n  Q_OBJECT\n public:\n  Q();\n};", "cpp", "Q Q.Q"),
        ("int A::B<int>::operator()(int x) { return x; }", "cpp", "A.B.operator()"),
        ("__global__ void run(int *a) {}\n", "cuda", "run"),
        ("typedef enum { A, B } way;\n", "objc", "way"),
        ("NS_ASSUME_NONNULL_BEGIN\n@interface A : B\n- (void)a;\n@end\n", "objc", "A A.a"),
        ("struct A { let b: Int }\nextension A.C { func d() {} }", "swift", "A A.C"),
        ("object A { val x = 1; def f = 2 }\n", "scala", "A"),
        ("class A:\n  def f(x: Int) = x\n", "scala", "A A.f"),
        ("class A { fun b() { } }\nobject C { val d = 1 }\nfun e() = 1\n", "kotlin", "A C e"),
        ("fun `is it`() { }\n", "kotlin", "is it"),
        ("func `default`() { }\n", "swift", "default"),
        ('M["a"] = function() end\n', "lua", "M.a"),
        ("A::B = Struct.new(:c) do\n  def d = 1\nend\n", "ruby", "A.B A.B.d"),
        (
            "@implementation A\nstatic int b(void) { return 1; }\n- (void)c { }\n@end",
            "objc",
            "A b A.c",
        ),
        ("fun <T> List<T>.second(): T = this[1]\n", "kotlin", "List.second"),
        ("interface A { int f(); }\nclass B { int x; }\n", "java", "A B"),
        ("void Main() { }\nint Add(int a) => a;\n", "csharp", "Main Add"),
        ("class A::B < C\n  def d = 1\nend\n", "ruby", "A.B A.B.d"),
        ("private memoize def a\n  1\nend\n", "ruby", "a"),
        ("<p>\n<?php function a() { } ?>\n</p>\n<?php function b() { } ?>\n", "php", "a b"),
        ("<?php\nnamespace A {\nfunction f() { }\n}\n", "php", "A f"),
        ("a() { b; }\nfunction c { d; }\n", "bash", "a c"),
        ("return {\n  a = function() end,\n  b = 1,\n}\n", "lua", "a"),
        ("const A = struct {\n    fn b() void {}\n};\n", "zig", "A A.b"),
    ],
)
def test_forms_that_are_rarer_have_their_names_too(text: str, language: str, found: str) -> None:
    assert " ".join(names(text, language)) == found


def test_a_long_interface_is_a_head_and_its_members() -> None:
    members = "".join(f"    /** No. {n}. */\n    void f{n}();\n" for n in range(8))
    text = f"interface A {{\n{members}}}\n"
    assert names(text, "java")[:4] == ["A", "A.f0", "A.f1", "A.f2"]


def test_a_class_under_conditions_that_do_not_close_keeps_its_members() -> None:
    members = "".join(f"  int f{n}() {{ return {n}; }}\n" for n in range(70))
    text = (
        f"#if !defined(A)\nnamespace n {{\nclass B {{\n#if C(\n  int x;\n{members}}};\n}}\n#endif\n"
    )
    found = names(text, "cpp")
    assert {"n", "n.B"} <= set(found)
    assert [n for n in found if n.startswith("n.B.")] == [f"n.B.f{n}" for n in range(70)]


@pytest.mark.parametrize("language", ["lua", "kotlin", "bash"])
def test_a_scanner_that_runs_over_the_rest_again_and_again_is_stopped_by_count(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syntax, "DEADLINE", 1e6)
    monkeypatch.setattr(syntax, "NUMBERS", 0)
    text = "\n".join([">" * 200] * 200 + ["<" * 200] * 200)
    parsed = parse(text, language)
    check(text, parsed)
    assert parsed.reason == "deadline"


@pytest.mark.parametrize(
    ("name", "data", "language"),
    [
        ("a.h", b"int f(void);\n", "c"),
        ("a.h", b"/* a class of its own */\nstruct class_of { int namespace; };\n", "c"),
        ("a.h", b'#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n', "c"),
        ("a.h", b"#pragma once\nnamespace a {\n}\n", "cpp"),
        ("a.h", b"  template<class T>\nstruct A;\n", "cpp"),
        ("a.h", b"class A\n{\n};\n", "cpp"),
        ("a.h", b"#import <b.h>\n", "objc"),
        ("a.h", b"@class B;\n", "objc"),
        ("a.m", b"#include <stdio.h>\nint main(void) {}\n", "objc"),
        ("a.m", b"@implementation A\n@end\n", "objc"),
        ("a.m", b"% Adds.\nfunction c = add(a, b)\nend\n", "matlab"),
        ("a.m", b"", "objc"),
        ("a.c", b"namespace a {\n}\n", "c"),
    ],
)
def test_files_that_are_called_alike_are_told_by_their_lines(
    name: str, data: bytes, language: str
) -> None:
    assert detect(name, "", data) == language
