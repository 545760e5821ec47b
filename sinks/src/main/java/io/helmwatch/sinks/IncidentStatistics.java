package io.helmwatch.sinks;

/** What became of incident messages. Threading: any thread reads at any time; counters only grow. */
public interface IncidentStatistics {

    /** Nothing was ever handed over. */
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

    /** Messages made durable. */
    long accepted();

    /** Messages given up because there was no room for them: these are lost. */
    long refused();

    /** Messages acknowledged by the other side. */
    long delivered();

    /** Messages that the other side will never take, set aside in a file. */
    long deadLetters();

    /** Messages durable but not yet delivered. */
    long waiting();

    /** Their bytes. */
    long waitingBytes();

    /** Why messages are not made durable or not delivered, one sentence without secrets; empty while all is well. */
    String problem();
}
