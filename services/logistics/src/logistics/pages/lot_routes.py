"""The pages of lots and recalls."""

from logistics.pages import lots, recall, recalls, received

ROUTERS = (lots.router, recalls.router, recall.router, received.router)
