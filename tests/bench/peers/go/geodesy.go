package main

import "math"

// The ellipsoid of WGS 84.
const (
	equatorialRadiusM = 6_378_137.0
	flattening        = 1 / 298.257223563
	polarRadiusM      = equatorialRadiusM * (1 - flattening)
	// The least radius of curvature: a way of length d turns the vertical by at most d over this.
	leastRadiusM = equatorialRadiusM * (1 - flattening) * (1 - flattening)
)

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

// fromCentre returns where a point [degrees] is [m]: the straight line between two points is never
// longer than the way over the surface, and within 100 km shorter by 1 m at most.
func fromCentre(latitude, longitude float64) (x, y, z float64) {
	sinB, cosB := math.Sincos(radians(latitude))
	sinL, cosL := math.Sincos(radians(longitude))
	const eccentricity2 = flattening * (2 - flattening)
	normal := equatorialRadiusM / math.Sqrt(1-eccentricity2*sinB*sinB)
	return normal * cosB * cosL, normal * cosB * sinL, normal * (1 - eccentricity2) * sinB
}

// reduced returns sine and cosine of the reduced latitude.
func reduced(latitude float64) (sin, cos float64) {
	return math.Sincos(math.Atan((1 - flattening) * math.Tan(radians(latitude))))
}

// geodesicM returns the length [m] of the geodesic between two points, by Vincenty's inverse
// formula; half the polar circumference for points nearly opposite on the globe.
//
// From sine and cosine of their reduced latitudes, and the difference in longitude [degrees].
func geodesicM(sinA, cosA, sinB, cosB, degrees float64) float64 {
	const f = flattening
	difference := radians(degrees)
	if math.Abs(difference) > math.Pi {
		difference = math.Remainder(difference, 2*math.Pi)
	}
	longitude := difference
	for step := 0; step < 100; step++ {
		sinL, cosL := math.Sincos(longitude)
		east, north := cosB*sinL, cosA*sinB-sinA*cosB*cosL
		sinSigma := math.Sqrt(east*east + north*north)
		if sinSigma == 0 {
			return 0
		}
		cosSigma := sinA*sinB + cosA*cosB*cosL
		sigma := math.Atan2(sinSigma, cosSigma)
		sinAlpha := cosA * cosB * sinL / sinSigma
		cos2Alpha := 1 - sinAlpha*sinAlpha
		cos2M := cosSigma
		if cos2Alpha > 1e-15 {
			cos2M -= 2 * sinA * sinB / cos2Alpha
		}
		c := f / 16 * cos2Alpha * (4 + f*(4-3*cos2Alpha))
		previous := longitude
		longitude = difference + (1-c)*f*sinAlpha*
			(sigma+c*sinSigma*(cos2M+c*cosSigma*(2*cos2M*cos2M-1)))
		if math.Abs(longitude-previous) < 1e-12 {
			u2 := cos2Alpha * (equatorialRadiusM*equatorialRadiusM - polarRadiusM*polarRadiusM) /
				(polarRadiusM * polarRadiusM)
			a := 1 + u2/16384*(4096+u2*(-768+u2*(320-175*u2)))
			b := u2 / 1024 * (256 + u2*(-128+u2*(74-47*u2)))
			inner := cosSigma*(2*cos2M*cos2M-1) -
				b/6*cos2M*(4*sinSigma*sinSigma-3)*(4*cos2M*cos2M-3)
			shift := b * sinSigma * (cos2M + b/4*inner)
			return polarRadiusM * a * (sigma - shift)
		}
	}
	return math.Pi * polarRadiusM
}
