"""All pages of the papers of a day."""

from logistics.pages import paper_docks, paper_labels, paper_packing, papers

ROUTERS = (papers.router, paper_docks.router, paper_labels.router, paper_packing.router)
