package io.helmwatch.sinks;

/** Delivery statistics of one sink. Threading: any thread reads at any time; counters only grow. */
public interface SinkStatistics {

    /** Statistics of a sink that keeps none: connected, all counters zero. */
    SinkStatistics NONE = new NoSinkStatistics();

    /** Messages acknowledged by the broker, or written. */
    long published();

    /** When a message was last acknowledged or written, in milliseconds since the epoch; 0 before the first. */
    long lastPublishedMillis();

    /** Messages dropped, for one cause. */
    long dropped(SinkDropCause cause);

    /** Messages waiting to be sent. */
    int queueDepth();

    /** Whether the target accepts messages as far as is known; false before the first contact. */
    boolean connected();

    /** Why the sink is not connected, one sentence without secrets; empty while it is healthy. */
    String problem();

    /** Messages dropped, over all causes. */
    default long dropped() {
        long sum = 0;
        for (SinkDropCause cause : SinkDropCause.values()) {
            sum += dropped(cause);
        }
        return sum;
    }
}
