package io.helmwatch.pipeline;

import io.helmwatch.web.Service;

/** A service that does nothing, for a desk of which only other parts are asked. */
public final class IdleService implements Service {
    @Override
    public String version() {
        return "test";
    }

    @Override
    public String startupProblem() {
        return "";
    }

    @Override
    public String liveProblem() {
        return "";
    }

    @Override
    public String metrics() {
        return "";
    }

    @Override
    public String streamsPage() {
        return "{}";
    }

    @Override
    public String reload() {
        return "";
    }
}
