"""All routes of temperatures, in the order in which they are tried: /logistics/temperatures/DAY comes last."""

from logistics.pages import cold, cold_decide, cold_link, cold_place, cold_sheet, probe_readings, probes, recorders

ROUTERS = (
    recorders.router,
    probes.router,
    probe_readings.router,
    cold_link.router,
    cold_sheet.router,
    cold_place.router,
    cold.router,
    cold_decide.router,
)
