package process

// The sizes that Memory tells.
const (
	RSS     = "VmRSS" // what is in memory now
	PeakRSS = "VmHWM" // the most that has been
)
