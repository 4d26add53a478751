"""Asks a server through the client that ariadne-codegen made: its models must accept the answers."""

import asyncio
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / ".generated" / "python"))

from souk_client import Client  # noqa: E402


async def main(url: str) -> None:
    client = Client(url=url)
    front = await client.front_page()
    slug = front.products.nodes[0].slug
    page = await client.product_page(slug=slug)
    print(
        json.dumps(
            {
                "marketplace": front.settings.marketplace_name,
                "products": [[each.name, each.price_range.min.amount] for each in front.products.nodes],
                "page": [page.product.name, [[each.sku, each.price.amount] for each in page.product.variants]],
            }
        )
    )


asyncio.run(main(sys.argv[1]))
