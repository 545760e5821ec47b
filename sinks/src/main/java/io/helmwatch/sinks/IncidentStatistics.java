package io.helmwatch.sinks;

/** Statistics of incident messages. Threading: any thread reads at any time; counters only grow. */
public interface IncidentStatistics {

    /** Statistics of a sink that keeps none. */
    IncidentStatistics NONE = new IncidentStatistics() {
        @Override
        public long accepted() {
            return 0;
        }

        @Override
        public long refused() {
            return 0;
        }

        @Override
        public long delivered() {
            return 0;
        }

        @Override
        public long deadLetters() {
            return 0;
        }

        @Override
        public long waiting() {
            return 0;
        }

        @Override
        public long waitingBytes() {
            return 0;
        }

        @Override
        public String problem() {
            return "";
        }
    };

    /** Messages persisted. */
    long accepted();

    /** Messages lost because the spool was full. */
    long refused();

    /** Messages acknowledged by the broker. */
    long delivered();

    /** Messages that the broker rejects for good, moved to the dead-letter file. */
    long deadLetters();

    /** Messages persisted but not yet delivered. */
    long waiting();

    /** Size of the waiting messages, bytes. */
    long waitingBytes();

    /** When the oldest waiting message was persisted, milliseconds since 1970; 0 when none waits. */
    default long oldestWaitingMillis() {
        return 0;
    }

    /** Size of the dead letters of this and earlier runs, bytes; 0 when there are none. */
    default long deadLetterBytes() {
        return 0;
    }

    /** Messages salvaged from a damaged spool. */
    default long salvaged() {
        return 0;
    }

    /** Spool files that were damaged or had lost their content. */
    default long lostFiles() {
        return 0;
    }

    /** Why messages are not persisted, one sentence without secrets; empty while the sink is healthy. */
    String problem();
}
