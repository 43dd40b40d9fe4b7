"""The pages of catalog: producers, products, price lists."""

from fastapi import APIRouter

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

router = APIRouter()
router.include_router(producers.router)
# Before the sheets: `/catalog/products/new` is a form, not a product called "new".
router.include_router(product_edit.router)
router.include_router(products.router)
router.include_router(price_lists.router)
router.include_router(pools.router)
router.include_router(certificates.router)
router.include_router(seasons.router)
router.include_router(price_promises.router)
router.include_router(food_facts.router)
