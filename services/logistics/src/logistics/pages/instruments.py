"""What measures, a probe or a recorder, on its pages: a sheet that is added, changed, retired and brought back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader, Writer
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from logistics.network.kept import Kept, NotKept, Register, S, Stale, Taken
from logistics.pages.cold_choices import place_choices
from logistics.pages.own_id import own_id
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

COORDINATES: Any = serves(Role.COORDINATOR)
STALE = _("Somebody changed this since you opened the page: compare, then save again.")

Read = Callable[[Form, Mapping[str, str]], S | None]
"""The sheet that a form says, or None with errors at its fields; with the places it may stand at, by code."""


@dataclass(frozen=True)
class Instrument(Generic[S]):
    """`taken`: said where another one in use has its name. `empty`: what a new form starts with. `choices`: of its
    selects, by the name its page has for them: value -> marked words. `add` and `bring_back`: where the register's own
    are not all."""

    url: str
    register: Register[S]
    form_page: str
    read: Read[S]
    labels: Mapping[str, str]
    taken: str
    empty: Mapping[str, Any]
    choices: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    add: Callable[[Writer, str, S, str], Awaitable[object]] | None = None
    bring_back: Callable[[Writer, str, int, str], Awaitable[object]] | None = None

    async def known(self, reader: Reader, wanted: str) -> Kept[S]:
        """Raises NotFound."""
        try:
            return await self.register.find(reader, wanted)
        except NotKept as error:
            raise NotFound from error

    def serve(self, router: APIRouter) -> None:
        """The pages of its sheet: new, edit, retire. Before the page that shows one: "new" is no id."""
        url = self.url
        router.get(url + "/new")(self._new)
        router.post(url + "/new")(self._add)
        router.get(url + "/{wanted}/edit")(self._edit)
        router.post(url + "/{wanted}/edit")(self._change)
        router.post(url + "/{wanted}/retire")(self._retire)

    async def _new(self, request: Request, person: Person = COORDINATES) -> Response:
        service = Service.of(request)
        async with service.database.read() as reader:
            places = await place_choices(reader)
        values = {"id": service.ids.new(), **self.empty}
        return self._form(request, Form(None, request.state.translate, values=values), places)

    async def _add(self, request: Request, person: Person = COORDINATES) -> Response:
        service, t = Service.of(request), request.state.translate
        form = Form(await request.form(), t)
        new_id = own_id(form, longest=36)
        async with service.database.read() as reader:
            places = await place_choices(reader)
        sheet = self.read(form, places)
        if sheet is None:
            return self._form(request, form, places, status=422)
        try:
            async with service.database.write() as writer:
                await (self.add or self.register.add)(writer, new_id, sheet, person.name)
        except Taken:
            form.error("name", t(self.taken))
            return self._form(request, form, places, status=422)
        return Pages.of(request).go(f"{self.url}/{new_id}", t(_("%(name)s is kept.")) % {"name": sheet.name})

    async def _edit(self, request: Request, wanted: str, person: Person = COORDINATES) -> Response:
        async with Service.of(request).database.read() as reader:
            one, places = await self.known(reader, wanted), await place_choices(reader)
        values = one.sheet.model_dump(mode="json") | {"version": one.version}
        return self._form(request, Form(None, request.state.translate, values=values), places, one)

    async def _change(self, request: Request, wanted: str, person: Person = COORDINATES) -> Response:
        service, t = Service.of(request), request.state.translate
        form = Form(await request.form(), t)
        version = form.integer("version", required=True)
        async with service.database.read() as reader:
            one, places = await self.known(reader, wanted), await place_choices(reader)
        sheet = self.read(form, places)
        if sheet is None or version is None:
            return self._form(request, form, places, one, status=422)
        try:
            async with service.database.write() as writer:
                await self.register.change(writer, wanted, version, sheet, person.name)
        except Stale:
            form.values["version"] = str(one.version)
            form.error("", t(STALE))
            return self._form(request, form, places, one, status=409)
        except Taken:
            form.error("name", t(self.taken))
            return self._form(request, form, places, one, status=422)
        return Pages.of(request).go(f"{self.url}/{wanted}", t(_("Saved.")))

    async def _retire(self, request: Request, wanted: str, person: Person = COORDINATES) -> Response:
        t = request.state.translate
        form = Form(await request.form(), t)
        version, back = form.integer("version", required=True) or 0, form.boolean("back")
        do = (self.bring_back or self.register.bring_back) if back else self.register.retire
        try:
            async with Service.of(request).database.write() as writer:
                await do(writer, wanted, version, person.name)
        except NotKept as error:
            raise NotFound from error
        except Stale as error:
            raise Refused(t(_("Somebody changed this meanwhile: look at it again first."))) from error
        except Taken as error:
            raise Refused(t(self.taken)) from error
        return Pages.of(request).go(f"{self.url}/{wanted}", t(_("It is back.")) if back else t(_("It is retired.")))

    def _form(
        self, request: Request, form: Form, places: Mapping[str, str], one: Kept[S] | None = None, status: int = 200
    ) -> Response:
        t, url = request.state.translate, self.url
        return Pages.of(request).render(
            request,
            self.form_page,
            status,
            one=one,
            form=form,
            labels={name: t(word) for name, word in self.labels.items()},
            places=sorted(places.items(), key=lambda pair: pair[1].casefold()),
            url=f"{url}/{one.id}/edit" if one else f"{url}/new",
            back=f"{url}/{one.id}" if one else url,
            up=url,
            **{name: [(value, t(word)) for value, word in of.items()] for name, of in self.choices.items()},
        )
