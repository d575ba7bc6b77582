"""Which exchanges to realise together, and how much of each: numbers in, numbers out, no Django."""

from matching.planning.fairness import Split, proportional_split, shapley_split
from matching.planning.parts import parts_of
from matching.planning.problem import Impossible, Problem, Trenches
from matching.planning.robust import RobustSolution, Samples, draw, solve_robustly, worst_of
from matching.planning.solving import Options, Solution, solve, solve_part

__all__ = [
    "Impossible",
    "Options",
    "Problem",
    "RobustSolution",
    "Samples",
    "Solution",
    "Split",
    "Trenches",
    "draw",
    "parts_of",
    "proportional_split",
    "shapley_split",
    "solve",
    "solve_part",
    "solve_robustly",
    "worst_of",
]
