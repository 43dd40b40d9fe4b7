"""The pages of catalog: producers, products, price lists; pools, proofs of labels, seasons."""

from catalog.pages import (
    certificates,
    food_facts,
    pools,
    price_lists,
    price_promises,
    producers,
    product_edit,
    products,
    seasons,
)

# Forms before the sheets: `/catalog/products/new` is a form, not a product called "new".
ROUTERS = (
    producers.router,
    product_edit.router,
    products.router,
    price_lists.router,
    pools.router,
    certificates.router,
    seasons.router,
    price_promises.router,
    food_facts.router,
)
