"""What is open and what runs: sessions being read, laid out, asked, whatever screen is shown.

Only here is a session's state changed; screens are told, and show it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from textual.app import App, ScreenStackError
from textual.worker import Worker

from longread import config
from longread.analysis.ask import put
from longread.analysis.conversation import Conversation, Strategy, open_sources, reopen
from longread.analysis.drafts import mend
from longread.analysis.engines import choose
from longread.analysis.trust import Departure
from longread.analysis.work import Work
from longread.config import Profile
from longread.errors import LongreadError
from longread.export.visible import line
from longread.ingest.read import Options
from longread.store import Store, open_store
from longread.tui.confirm import ConfirmScreen
from longread.tui.docket import Docket
from longread.tui.matter import Asking, Matter
from longread.tui.screen import Listener
from longread.types import Engine, Level, Progress, Tell

NOTICE = 10.0
"""Seconds that a notice of an error stays."""
LOOK = 2.0
"""Seconds between two looks at whether another program wrote to the store."""


class Desk(App[None]):
    """The part of the app that outlives a screen."""

    def __init__(
        self,
        store: Path | None = None,
        sources: Sequence[str] = (),
        *,
        session: str | None = None,
        review: str | None = None,
        profile: str = "",
        budget: int | None = None,
        options: Options | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Take what the command line was given.

        Args:
            sources: opened as soon as the first screen is painted.
            session: likewise, by its id; "" for the newest.
            review: likewise.
            engine: asked instead of the profiles' own.
        """
        super().__init__()
        self.store_path = store
        self._sources, self._session, self._review = tuple(sources), session, review
        self.profile, self.budget = profile, budget
        self._options = options or Options()
        self.engine = engine
        self._store: Store | None = None
        self._stored = asyncio.Event()
        self._seen: object = None
        self.rooms: list[Listener] = []
        """Screens to be told of changes."""
        self.matter: Matter | None = None
        """What is open on the screens."""
        self.unplaced = ""
        """A question that is half typed, and of nothing that is open."""
        self.matters: dict[str, Matter] = {}
        """What is open or was, by session id."""
        self._jobs: dict[int, tuple[Matter, Worker[None]]] = {}
        """What runs, by the identity of the session that it runs on."""
        self.docket = Docket(self)
        """The reviews that are open."""
        self.leaving: list[Callable[[], Awaitable[None]]] = [self.docket.close]
        """What is to be done before the program ends."""
        self.remapped: dict[str, str] = {}
        """Keys that a person set, by the binding's id."""

    async def begin(self) -> None:
        """Open the store, and what was named on the command line.

        Raises:
            StoreError: the store cannot be opened.
        """
        self.loop_of_app = asyncio.get_running_loop()
        self._store = await asyncio.to_thread(open_store, self.store_path)
        self._stored.set()
        gc.freeze()
        self.set_interval(LOOK, self._look)
        self.docket.begin()
        self.store_changed()
        if self._sources:
            self.open_sources(self._sources)
        elif self._session is not None:
            self.open_session(self._session, profile=self.profile)
        elif self._review is not None:
            self.docket.open(self._review)
            self.show_room("grid")

    async def store(self) -> Store:
        """Return the store, once it is open."""
        await self._stored.wait()
        assert self._store is not None
        return self._store

    def exit(self, *arguments: Any, **named: Any) -> None:
        """Leave; what runs ends first, and keeps what came."""
        self.workers.cancel_all()
        super().exit(*arguments, **named)

    async def on_unmount(self) -> None:
        """Finish what waits, and let go of the store."""
        for last in self.leaving:
            await last()
        if self._store:
            self._store.close()

    # What is open

    def open_session(self, session: str, answer: int | None = None, profile: str = "") -> None:
        """Open a kept session, by its id or the start of it, and show it.

        Args:
            answer: position of the answer to show first, from 0; None for the newest.
            profile: another than the session's own.
        """
        room = "read"
        if known := self.matters.get(session) or self._being_opened(session):
            known.wanted = answer
            self.show_room(room, known)
            return
        matter = Matter(session or "newest session", session, wanted=answer)
        self._open(matter, self._reopened(session, profile), room)

    def _being_opened(self, session: str) -> Matter | None:
        """Return what is being opened under this id, and is not open yet."""
        begun = (m for m, _ in self._jobs.values() if session and m.session == session)
        return next(begun, None)

    async def _reopened(self, session: str, profile: str) -> Callable[[Tell], Conversation]:
        store = await self.store()

        def opened(tell: Tell) -> Conversation:
            other = config.load_profile(profile) if profile else None
            kept = reopen(store, session, other, tell, self._options.passwords)
            return mend(store, kept, tell)

        return opened

    def open_sources(
        self,
        locations: Sequence[str],
        profile: str = "",
        strategy: Strategy = "auto",
        budget: int | None = None,
    ) -> None:
        """Read sources and show them, as a new session."""
        matter = Matter(", ".join(locations))
        read = self._read(
            locations, profile or self.profile, strategy, self.budget if budget is None else budget
        )
        self._open(matter, read, "read")

    async def _read(
        self, locations: Sequence[str], name: str, strategy: Strategy, budget: int | None
    ) -> Callable[[Tell], Conversation]:
        profile = await asyncio.to_thread(choose, name, self.use_found)
        store = await self.store()

        def opened(tell: Tell) -> Conversation:
            read = open_sources(locations, self._options, profile, budget, strategy, tell)
            tell(Progress("keep"))
            read.keep(store)
            return read

        return opened

    def open_again(self, conversation: Conversation, profile: Profile) -> Matter:
        """Lay an open corpus out for another model, as a session of its own, and return it."""
        matter = Matter(f"{conversation.title} ({profile.name})")

        async def prepared() -> Callable[[Tell], Conversation]:
            store = await self.store()

            def opened(tell: Tell) -> Conversation:
                made = conversation.with_profile(profile, None, tell)
                made.keep(store)
                return made

            return opened

        self._open(matter, prepared(), "")
        return matter

    def close_session(self, session: str) -> None:
        """Show a session no longer: it is to be deleted."""
        if matter := self.matters.pop(session, None) or self._being_opened(session):
            self.close_matter(matter)

    def close_matter(self, matter: Matter) -> None:
        """Show no longer what is open, or could not be opened."""
        if job := self._jobs.get(id(matter)):
            job[1].cancel()
        if matter is self.matter:
            self.matter = None

    def _open(
        self, matter: Matter, prepared: Awaitable[Callable[[Tell], Conversation]], room: str
    ) -> None:
        matter.opening = Progress("open")
        if room:
            self.show_room(room, matter)
        self._run(matter, self._opening(matter, prepared))

    def _run(self, matter: Matter, job: Coroutine[Any, Any, None]) -> None:
        self._jobs[id(matter)] = matter, self.run_worker(job, group="jobs")
        self.matter_changed(matter)

    def runs(self, matter: Matter | None) -> bool:
        """Whether a session is being opened or asked."""
        return id(matter) in self._jobs

    async def _opening(
        self, matter: Matter, prepared: Awaitable[Callable[[Tell], Conversation]]
    ) -> None:
        try:
            opening = Work(await prepared)
            async for step in opening:
                matter.opening = step
                self.matter_changed(matter)
            matter.conversation = opening.value
            matter.session = matter.conversation.session
            matter.title = matter.conversation.title
            matter.notes = [source.note for source in matter.conversation.corpus.sources]
            self.matters[matter.session] = matter
            self.store_changed()
        except LongreadError as error:
            matter.failed = f"{error}; {error.hint}"
            self.complain(error)
        except asyncio.CancelledError:
            matter.failed = "stopped"
            raise
        finally:
            matter.opening = None
            self._jobs.pop(id(matter), None)
            # What was read stays as long as the program; a search for garbage in it would make
            # a key wait for a tenth of a second now and then.
            gc.freeze()
            self.matter_changed(matter)

    async def relay(self, matter: Matter, strategy: Strategy, levels: Mapping[str, Level]) -> bool:
        """Lay a session's prompt out anew and keep that; say whether it could be done."""
        opened = matter.conversation
        if opened is None or matter.asking:
            self.notify("not while it is opened or answers", markup=False)
            return False
        try:
            laying = Work(lambda tell: opened.relaid(strategy, levels, tell))
            async for step in laying:
                matter.opening = step
                self.matter_changed(matter)
            made = laying.value
            gc.freeze()
            store = await self.store()
            if made.layout != opened.layout:
                await asyncio.to_thread(
                    store.replace_layout, made.session, made.layout, made.ledger
                )
                if opened.answers and not matter.told:
                    matter.told = True
                    self.notify("the engine will read the prompt anew", markup=False)
            matter.conversation = made
        except LongreadError as error:
            self.complain(error)
            return False
        finally:
            matter.opening = None
            self.matter_changed(matter)
        return True

    # Asking

    def ask(self, matter: Matter, question: str) -> None:
        """Put a question to what is open; it is answered also while another screen is shown."""
        if matter.asking or matter.opening or not matter.conversation:
            return
        matter.asking = Asking(question, matter.conversation.profile)
        self._run(matter, self._answering(matter, matter.conversation, matter.asking))

    async def _answering(self, matter: Matter, opened: Conversation, asking: Asking) -> None:
        try:
            store = await self.store()
            asked = put(opened, asking.question, store, self.may_leave, engine=self.engine)
            async with aclosing(asked) as events:
                async for event in events:
                    asking.take(event)
                    if isinstance(event, Progress) and event.stage == "source":
                        matter.notes.append(event.note)
                        self.notify(line(event.note), markup=False)
                    for room in self.rooms:
                        await room.take(matter, event)
        except LongreadError as error:
            self.complain(error)
        finally:
            if not asking.text:
                matter.unasked = asking.question
            matter.asking = None
            self._jobs.pop(id(matter), None)
            self.matter_changed(matter)
            self.store_changed()

    async def may_leave(self, departure: Departure) -> bool:
        """Ask whether text may leave this machine, or money be spent."""
        if not departure.host:
            return await self.confirm("Ask?", f"{departure.words}.")
        return await self.confirm(
            f"Send to {departure.host}?",
            f"{departure.words}. Asked once for this corpus and host.",
        )

    def use_found(self, profile: Profile) -> bool:
        """Ask, from a thread, whether an engine that was found may be used."""
        asked = self.confirm("Use this engine?", f"{profile.name} was found at {profile.url}.")
        return asyncio.run_coroutine_threadsafe(asked, self.loop_of_app).result()

    def show_room(self, room: str, matter: Matter | None = None) -> None:
        """Go to a main screen, with another session if one is given."""
        raise NotImplementedError

    async def confirm(self, title: str, text: str) -> bool:
        """Ask a person yes or no."""
        said: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        asked = ConfirmScreen(title, text)

        def hear(yes: bool | None) -> None:
            # What asked may have been stopped before the answer comes.
            if not said.done():
                said.set_result(bool(yes))

        self.push_screen(asked, hear)
        try:
            return await said
        finally:
            if said.cancelled() and asked.is_current:
                asked.dismiss(False)

    # Telling

    def matter_changed(self, matter: Matter) -> None:
        """Tell every screen that a session has another state."""
        # Work that ends because the program does may find that no screen is left.
        with suppress(ScreenStackError):
            self.refresh_bindings()
        for room in self.rooms:
            room.matter_changed(matter)

    def store_changed(self) -> None:
        """Tell every screen that the store has something new."""
        self._seen = self.state_of_store()
        for room in self.rooms:
            room.store_changed()

    def _look(self) -> None:
        if self.state_of_store() != self._seen:
            self.store_changed()

    def state_of_store(self) -> object:
        """Return what changes when somebody writes to the store."""
        assert self._store is not None
        found = []
        for end in ("", "-wal"):
            with suppress(OSError):
                state = self._store.path.with_name(self._store.path.name + end).stat()
                found.append((state.st_mtime_ns, state.st_size))
        return found

    def complain(self, error: LongreadError) -> None:
        """Show what went wrong and what to do about it."""
        self.notify(
            line(error.hint),
            title=line(str(error)),
            severity="error",
            timeout=NOTICE,
            markup=False,
        )

    def stop(self, matter: Matter | None) -> None:
        """Stop what runs on a session; what came is kept."""
        job = self._jobs.get(id(matter))
        if job is None:
            self.notify("nothing runs", markup=False)
            return
        job[1].cancel()
        self.notify("stopped; what came is kept", markup=False)
