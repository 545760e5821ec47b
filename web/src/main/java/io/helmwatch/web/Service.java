package io.helmwatch.web;

/** The running service as a whole: probes, metrics, configuration. Threading: any thread. */
public interface Service {

    /** Version of Helmwatch. */
    String version();

    /** Why the service has not started yet, as a sentence; empty when it has. */
    String startupProblem();

    /** Why the process should be restarted, as a sentence; empty when it should not. */
    String liveProblem();

    /** All metrics in Prometheus' text format. */
    String metrics();

    /** The page {@code /streams}: state, rates and counts of every stream, as JSON. */
    String streamsPage();

    /**
     * Reads the configuration again and applies zones, masks and rules.
     *
     * @return one sentence that says what changed
     * @throws RuntimeException what is wrong with it, as a sentence; nothing has changed then
     */
    String reload();
}
