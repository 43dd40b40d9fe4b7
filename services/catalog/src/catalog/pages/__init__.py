"""The pages of catalog: producers, products, price lists."""

from catalog.pages import price_lists, producers, product_edit, products

# Forms before the sheets: `/catalog/products/new` is a form, not a product called "new".
ROUTERS = (producers.router, product_edit.router, products.router, price_lists.router)
