"""A producer's price list: a CSV or XLSX file that is read, compared with the catalogue, shown, and then applied.

`sheet` bytes to rows; `columns` which column is what; `line` a row to what it says; `reading` all of it, aside from
the event loop; `comparison` what a line would change; `preview` what was read, kept for a day; `application` writing.
"""
