package io.helmwatch.sinks;

/** What became of the messages of one sink. Threading: any thread reads at any time; counters only grow. */
public interface SinkStatistics {

    /** Of a sink that does not count: always connected, nothing counted. */
    SinkStatistics NONE = new Uncounted();

    /** Messages that arrived: acknowledged by the broker, or written. */
    long published();

    /** Messages that did not arrive, for one cause. */
    long dropped(SinkDropCause cause);

    /** Messages handed over that wait to be sent. */
    int queueDepth();

    /** Whether the other side takes messages as far as is known; false before the first contact. */
    boolean connected();

    /** Why it is not connected, one sentence without secrets; empty while all is well. */
    String problem();

    /** Messages that did not arrive, for all causes. */
    default long dropped() {
        long sum = 0;
        for (SinkDropCause cause : SinkDropCause.values()) {
            sum += dropped(cause);
        }
        return sum;
    }
}
