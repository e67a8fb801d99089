// Package timetable says when something that repeats is due: at the times of a cron line on the clocks of a time zone, or at
// every multiple of a duration.
//
//	table, err := timetable.Cron("30 2 * * mon-fri", "Europe/Berlin")
//	…
//	next := table.Next(time.Now())
//	missed := table.Latest(stopped, started, 100)
//
// # Cron lines
//
// A line has five fields: minute, hour, day of the month, month, day of the week. Each is *, a value, a range (a-b), a list of those,
// each with a step if need be (*/15). Months and days of the week have names, of three letters; both 0 and 7 are Sunday. Where both days
// are restricted, either of them is enough. @hourly, @daily, @weekly, @monthly and @yearly stand for lines.
//
// # When clocks are changed
//
//   - A line for given hours is due once for each of its times. A time that the clocks leave out is due at the moment when they are put
//     forward, once for all times that are left out. A time that they show twice is due the first time.
//   - A line for all hours follows the clocks: it is due whenever they show one of its times, in both of the hours that they show
//     twice, and not in one that they leave out.
//
// # What always holds
//
// The package has no clock. The rules of the time zones are built into the program, so every name of Zones can be loaded on any
// machine; where the machine has rules of its own, which may be newer, those hold. A Table does not change, and may be used by any
// number of goroutines.
package timetable
