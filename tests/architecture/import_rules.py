"""Two kinds of import-linter contracts that it does not bring itself; `pyproject.toml` fills them in."""

import sys
from fnmatch import fnmatchcase

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

Offence = tuple[str, str, int, str]
"""Importing module, imported module, line number, text of the line."""


class Direct(Contract):
    """A contract judged import by import; a subclass says which imports offend."""

    guidance = fields.StringField()

    def offends(self, importer: str, imported: str) -> bool:
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        offences: list[Offence] = []
        for importer in sorted(graph.modules):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if self.offends(importer, imported):
                    details = graph.get_import_details(importer=importer, imported=imported)
                    offences += [(importer, imported, d["line_number"], d["line_contents"]) for d in details]
        return ContractCheck(kept=not offences, metadata={"offences": offences})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, line, text in check.metadata["offences"]:
            output.print_error(f"{importer} imports {imported} (line {line}: {text.strip()})", bold=False)
        output.print_error(str(self.guidance), bold=True)


class OnlyAllowed(Direct):
    """`package` imports itself, the standard library and `allowed`; nothing else."""

    type_name = "only_allowed"

    package = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())

    def offends(self, importer: str, imported: str) -> bool:
        if not within(importer, str(self.package)):
            return False
        here = [str(self.package), *self.allowed]  # type: ignore[misc]
        return imported.partition(".")[0] not in sys.stdlib_module_names and not any(within(imported, h) for h in here)


class NounFiles(Direct):
    """Every module of `packages`, but for the edge files, imports neither `forbidden` nor an edge file.

    `edges` are patterns below the package: `pages`, `pages.*`.
    """

    type_name = "noun_files"

    packages = fields.ListField(subfield=fields.StringField())
    edges = fields.ListField(subfield=fields.StringField())
    forbidden = fields.ListField(subfield=fields.StringField())

    def offends(self, importer: str, imported: str) -> bool:
        if not self.in_packages(importer) or self.is_edge(importer):
            return False
        return any(within(imported, f) for f in self.forbidden) or self.is_edge(imported)  # type: ignore[attr-defined]

    def in_packages(self, module: str) -> bool:
        return any(within(module, package) for package in self.packages)  # type: ignore[attr-defined]

    def is_edge(self, module: str) -> bool:
        below = module.partition(".")[2]
        return self.in_packages(module) and any(fnmatchcase(below, edge) for edge in self.edges)  # type: ignore[attr-defined]


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")
