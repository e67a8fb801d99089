// Package eventstore keeps the events of runs in a NATS JetStream stream embedded in the same process.
package eventstore
