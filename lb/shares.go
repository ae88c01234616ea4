package lb

import (
	"math"
	"slices"
)

// mostScale is how much the weights of a pool are raised at most to make small
// shares of them possible.
const mostScale = 100

// Shares returns the weights to ask for so that the named servers have percent
// (1 to 100) of their own weight, beside all other members, which keep their
// proportions. Found is what Weights told, and is not changed; all of it is in
// the result, in its order, and asking for found itself undoes it.
//
// The weights of a pool are raised only where the share needs it, and only as
// far as it is then exact or comes closest: of 1, 1, 1 one server with 10
// percent becomes 1, 10, 10. No weight becomes 0, and one of 0 stays so. Within
// MostWeight they stay if those of found do.
func Shares(found []Weight, servers []string, percent int) []Weight {
	shares := slices.Clone(found)
	scales := map[string]int{}
	for i, w := range found {
		if scales[w.Pool] == 0 {
			scales[w.Pool] = scale(found, w.Pool, servers, percent)
		}
		shares[i].Weight *= scales[w.Pool]
		if slices.Contains(servers, w.Server) {
			shares[i].Weight = share(shares[i].Weight, percent)
		}
	}
	return shares
}

// scale returns the smallest factor for the weights of a pool by which the
// servers come closest to their share.
func scale(found []Weight, pool string, servers []string, percent int) int {
	best, least := 1, math.Inf(1)
	most := 1
	for _, w := range found {
		if w.Pool == pool {
			most = max(most, w.Weight)
		}
	}
	for factor := 1; factor == 1 || factor <= mostScale && most*factor <= MostWeight; factor++ {
		off := 0.0 // by how many percent the worst of them misses it
		for _, w := range found {
			if w.Pool == pool && w.Weight > 0 && slices.Contains(servers, w.Server) {
				whole := w.Weight * factor
				missed := share(whole, percent)*100 - whole*percent
				off = max(off, math.Abs(float64(missed))/float64(whole))
			}
		}
		if off < least {
			best, least = factor, off
		}
	}
	return best
}

// share returns a percentage of a weight, rounded, but never nothing of
// something.
func share(weight, percent int) int {
	return max((weight*percent+50)/100, min(weight, 1))
}
