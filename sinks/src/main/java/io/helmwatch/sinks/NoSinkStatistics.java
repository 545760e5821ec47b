package io.helmwatch.sinks;

/** Statistics of a sink that keeps none. */
final class NoSinkStatistics implements SinkStatistics {

    @Override
    public long published() {
        return 0;
    }

    @Override
    public long lastPublishedMillis() {
        return 0;
    }

    @Override
    public long dropped(SinkDropCause cause) {
        return 0;
    }

    @Override
    public int queueDepth() {
        return 0;
    }

    @Override
    public boolean connected() {
        return true;
    }

    @Override
    public String problem() {
        return "";
    }
}
