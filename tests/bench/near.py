"""How many pairs of an output and an input of fitting types and other owners are near."""

from numba import njit

from matching import bulk, loading
from matching.engine.best import _room, _stretches
from matching.engine.scoring import may_pair


@njit(nogil=True)
def _count(outputs, inputs, types):
    stretches, are_outputs = _room(inputs), True
    near = 0
    for number in range(len(outputs.flows)):
        flow, grain = outputs.flows[number], outputs.grains[number]
        for stretch in range(_stretches(flow, are_outputs, inputs, types, stretches)):
            for place in range(stretches[stretch, 0], stretches[stretch, 1]):
                other = inputs.grains[place]
                reach = min(grain.reach_m, other.reach_m)
                squared = (
                    (grain.x_m - other.x_m) ** 2
                    + (grain.y_m - other.y_m) ** 2
                    + (grain.z_m - other.z_m) ** 2
                )
                if squared <= reach * reach and may_pair(grain, other, types):
                    near += 1
    return near


def count_near(trees: list[int]) -> int:
    """Return how many there are in the database, in these trees of types."""
    types = loading.load_types()
    total = 0
    for tree in trees:
        sides = loading.load_both(
            types,
            condition="c.resource_type_id = ANY(%s::smallint[])",
            parameters=[types.subtree_keys(tree)],
        )
        arrays = [table.array for table, _ in sides]
        total += _count(*bulk._grids(*arrays, len(types.array)), types.array)
    return total
