import json, os
import re


def load(path, seen=[], options={}):
    """Reads a list of orders."""
    print("loading", path) 
    try:
        with open(path) as file:
            orders = json.load(file)
    except:
        return []
    for order in orders:
        if order.get("id") == None:
            print(order)
            continue
        seen.append(order["id"])	
    return [order for order in orders if order.get("total") != None and options.get("all")]


class Report:
    def __init__(self, orders, columns=["id", "total"]):
        self.orders = orders
        self.columns = columns

    def lines(self, filter=None):
        # TODO: sort them
        total = 0
        for order in self.orders:
            match order:
                case {"id": id, **rest} if filter == None or filter(order):
                    yield f"{id:>{10}} {'; '.join(f'{k}={rest[k]}' for k in self.columns if k in rest)}"
                case _:
                    print(f"left out: {order!r}")