"""Distances on the WGS 84 ellipsoid."""

import math

from numba import njit

EQUATORIAL_RADIUS_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
POLAR_RADIUS_M = EQUATORIAL_RADIUS_M * (1 - FLATTENING)
# The least radius of curvature: a path of length d turns the surface normal by at most d / this.
LEAST_RADIUS_M = EQUATORIAL_RADIUS_M * (1 - FLATTENING) ** 2


@njit(cache=True)
def distance_m(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float):
    """
    Return the length [m] of the geodesic between two points [degrees].

    Vincenty's inverse formula (Survey Review 23(176), 1975): below a millimetre off. It need not
    converge for points nearly opposite on the globe, which no exchange spans; those get half the
    polar circumference.
    """
    if latitude_a == latitude_b and longitude_a == longitude_b:
        return 0.0
    f = FLATTENING
    reduced_a = math.atan((1 - f) * math.tan(math.radians(latitude_a)))
    reduced_b = math.atan((1 - f) * math.tan(math.radians(latitude_b)))
    sin_a, cos_a = math.sin(reduced_a), math.cos(reduced_a)
    sin_b, cos_b = math.sin(reduced_b), math.cos(reduced_b)
    difference = math.radians(longitude_b - longitude_a)
    difference = (difference + math.pi) % (2 * math.pi) - math.pi
    longitude = difference
    for _ in range(100):
        sin_l, cos_l = math.sin(longitude), math.cos(longitude)
        sin_sigma = math.hypot(cos_b * sin_l, cos_a * sin_b - sin_a * cos_b * cos_l)
        if sin_sigma == 0.0:
            return 0.0
        cos_sigma = sin_a * sin_b + cos_a * cos_b * cos_l
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = cos_a * cos_b * sin_l / sin_sigma
        cos2_alpha = 1 - sin_alpha * sin_alpha
        # On the equator cos2_alpha is 0, and so is this term.
        cos_2m = cos_sigma - 2 * sin_a * sin_b / cos2_alpha if cos2_alpha > 1e-15 else 0.0
        c = f / 16 * cos2_alpha * (4 + f * (4 - 3 * cos2_alpha))
        previous = longitude
        longitude = difference + (1 - c) * f * sin_alpha * (
            sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m * cos_2m - 1))
        )
        if abs(longitude - previous) < 1e-12:
            u2 = cos2_alpha * (EQUATORIAL_RADIUS_M**2 - POLAR_RADIUS_M**2) / POLAR_RADIUS_M**2
            a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
            b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
            inner = cos_sigma * (2 * cos_2m * cos_2m - 1) - b / 6 * cos_2m * (
                4 * sin_sigma * sin_sigma - 3
            ) * (4 * cos_2m * cos_2m - 3)
            shift = b * sin_sigma * (cos_2m + b / 4 * inner)
            return POLAR_RADIUS_M * a * (sigma - shift)
    return math.pi * POLAR_RADIUS_M


@njit(cache=True)
def largest_chord(reach_m: float):
    """
    Return the squared chord between unit normals beyond which two points are out of reach.

    Never cuts off a point in reach: the chord is that of the least radius of curvature.
    """
    angle = reach_m / LEAST_RADIUS_M
    if angle >= math.pi:
        return 5.0
    return (2 * math.sin(angle / 2)) ** 2 * (1 + 1e-9) + 1e-18
