"""Distances on the WGS 84 ellipsoid."""

import math

import numpy as np
from numba import njit

EQUATORIAL_RADIUS_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
POLAR_RADIUS_M = EQUATORIAL_RADIUS_M * (1 - FLATTENING)
_ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING)
# The least radius of curvature: a path of length d turns the surface normal by at most d / this.
LEAST_RADIUS_M = EQUATORIAL_RADIUS_M * (1 - FLATTENING) ** 2
# Up to here the arc of a circle is as good as that of the ellipsoid: some micrometres off.
_SHORT_M = 50_000.0


def places_m(latitude: np.ndarray, longitude: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the earth-centred coordinates [m] of points of the ellipsoid [degrees]."""
    return _places_m(np.ascontiguousarray(latitude), np.ascontiguousarray(longitude))


@njit(cache=True)
def _places_m(latitude, longitude):
    x, y, z = np.empty((3, len(latitude)))
    for number in range(len(latitude)):
        x[number], y[number], z[number] = _place_m(latitude[number], longitude[number])
    return x, y, z


@njit(cache=True)
def _place_m(latitude: float, longitude: float):
    sine, cosine = math.sin(math.radians(latitude)), math.cos(math.radians(latitude))
    normal = EQUATORIAL_RADIUS_M / math.sqrt(1 - _ECCENTRICITY_SQUARED * sine * sine)
    turn = math.radians(longitude)
    return (
        normal * cosine * math.cos(turn),
        normal * cosine * math.sin(turn),
        normal * (1 - _ECCENTRICITY_SQUARED) * sine,
    )


@njit(cache=True)
def distance_m(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float):
    """
    Return the length [m] of the geodesic between two points [degrees], below a millimetre off.

    A short one is the arc over its chord with the radius of curvature in its direction (Euler's
    theorem) in the middle between both; a long one follows Vincenty.
    """
    ax, ay, az = _place_m(latitude_a, longitude_a)
    bx, by, bz = _place_m(latitude_b, longitude_b)
    chord = math.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2)
    if chord > _SHORT_M:
        return _vincenty_m(latitude_a, longitude_a, latitude_b, longitude_b)
    if chord == 0.0:
        return 0.0
    sine = math.sin(math.radians((latitude_a + latitude_b) / 2))
    flat = 1 - _ECCENTRICITY_SQUARED * sine * sine
    across = EQUATORIAL_RADIUS_M / math.sqrt(flat)
    along = across * (1 - _ECCENTRICITY_SQUARED) / flat
    northward = min(1.0, (along * math.radians(latitude_a - latitude_b) / chord) ** 2)
    bend = chord * (northward / along + (1 - northward) / across)
    return chord * (1 + bend * bend / 24)


@njit(cache=True)
def _vincenty_m(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float):
    """
    Return the length [m] of the geodesic between two points [degrees], however long.

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
