"""The papers the hub issues: account renderings, commission invoices, credit notes. Numbered, linked, never changed."""
