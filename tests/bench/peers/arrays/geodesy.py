"""Distances on the ellipsoid of WGS 84, many at once."""

import numpy as np

A = 6_378_137.0  # m, at the equator
F = 1 / 298.257223563
B = A * (1 - F)  # m, at the pole


def from_centre(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Return where points [degrees] are [m]; no way over the surface is shorter than straight."""
    latitude, longitude = np.radians(latitude), np.radians(longitude)
    squared = F * (2 - F)
    normal = A / np.sqrt(1 - squared * np.sin(latitude) ** 2)
    return np.stack(
        [
            normal * np.cos(latitude) * np.cos(longitude),
            normal * np.cos(latitude) * np.sin(longitude),
            normal * (1 - squared) * np.sin(latitude),
        ],
        axis=1,
    )


def reduced(latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sine and cosine of the reduced latitude."""
    angle = np.arctan((1 - F) * np.tan(np.radians(latitude)))
    return np.sin(angle), np.cos(angle)


def geodesic_m(
    sin_a: np.ndarray, cos_a: np.ndarray, sin_b: np.ndarray, cos_b: np.ndarray, degrees: np.ndarray
) -> np.ndarray:
    """
    Return the lengths [m] of geodesics by Vincenty's inverse formula.

    From the reduced latitudes of both ends and the difference in longitude [degrees]; for points
    that are not nearly opposite on the globe.
    """
    difference = (np.radians(degrees) + np.pi) % (2 * np.pi) - np.pi
    longitude = difference
    both_sines, both_cosines = sin_a * sin_b, cos_a * cos_b
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(100):
            sin_l, cos_l = np.sin(longitude), np.cos(longitude)
            sin_s = np.hypot(cos_b * sin_l, cos_a * sin_b - sin_a * cos_b * cos_l)
            cos_s = both_sines + both_cosines * cos_l
            sigma = np.arctan2(sin_s, cos_s)
            sin_alpha = np.where(sin_s > 0, both_cosines * sin_l / sin_s, 0.0)
            cos2_alpha = 1 - sin_alpha * sin_alpha
            cos_2m = np.where(cos2_alpha > 1e-15, cos_s - 2 * both_sines / cos2_alpha, cos_s)
            c = F / 16 * cos2_alpha * (4 + F * (4 - 3 * cos2_alpha))
            previous = longitude
            longitude = difference + (1 - c) * F * sin_alpha * (
                sigma + c * sin_s * (cos_2m + c * cos_s * (2 * cos_2m * cos_2m - 1))
            )
            if np.abs(longitude - previous).max(initial=0.0) < 1e-12:
                break
    u2 = cos2_alpha * (A * A - B * B) / (B * B)
    a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    inner = cos_s * (2 * cos_2m * cos_2m - 1) - b / 6 * cos_2m * (4 * sin_s * sin_s - 3) * (
        4 * cos_2m * cos_2m - 3
    )
    return B * a * (sigma - b * sin_s * (cos_2m + b / 4 * inner))
