"""A project with re-exports, a base class, callers, tests and a file that does not parse."""

SHOP: dict[str, bytes] = {
    "shop/__init__.py": b"from shop.money import rounded\n",
    "shop/cart.py": (
        b"from shop import rounded\nfrom shop import rates\nfrom shop.goods import Book\n\n\n"
        b"def total(items):\n    return rounded(sum(items) * rates.VAT)\n\n\n"
        b"class Cart:\n    def add(self, title):\n        return Book(title)\n"
    ),
    "shop/money.py": (
        b'"""Money."""\n\nPLACES = 2\n\n\n'
        b"def rounded(\n    amount: float,\n    places: int = PLACES,\n) -> float:\n"
        b'    """Round half up.\n\n    With a long explanation.\n    """\n'
        b"    # a recipe\n    secret_recipe = round(amount, places)\n    return secret_recipe\n\n\n"
        b"def unused():\n    return 'body of unused'\n"
    ),
    "shop/rates.py": b"VAT = 1.19\nOTHER = 1\n",
    "shop/goods.py": (
        b"class Goods:\n    colour: str = 'red'\n\n    def weigh(self):\n        return 'body of weigh'\n\n\n"
        b"class Book(Goods):\n"
        b'    """A book."""\n\n    pages = 3\n\n'
        b"    def __init__(self, title):\n        print('body of init')\n        self.title = title\n\n"
        b"    @property\n    def cover(self):\n        return 'body of cover'\n"
    ),
    "shop/till.py": (
        b"from shop.cart import total\nfrom shop import cart\n\n\n"
        b"def pay(items):\n    return total(items) + cart.total(items)\n\n\ndef idle():\n    return 'body of idle'\n"
    ),
    "tests/test_cart.py": (
        b"from shop.cart import total\n\n\ndef test_total():\n    assert total([1]) == 1.19\n\n\n"
        b"def test_other():\n    assert 'body of other'\n"
    ),
}
SCOPE = ["shop/cart.py"]
