package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Prints incidents as JSON lines, and at the end a digest of the lines. Threading: one thread at a time. */
final class IncidentPrinter implements IncidentSink {
    private final PrintStream out;
    private final MessageDigest digest;
    private int incidents;
    private int messages;

    IncidentPrinter(PrintStream out) {
        this.out = out;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The time of recording is that of the decision: a replay has no other clock. */
    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        byte[] line = (new String(IncidentJson.incident(incident, incident.decidedAtMillis()), StandardCharsets.UTF_8)
                        + "\n")
                .getBytes(StandardCharsets.UTF_8);
        messages++;
        if (incident.phase() == Incident.Phase.START) {
            incidents++;
        }
        digest.update(line);
        out.write(line, 0, line.length);
    }

    /** Prints the last line. */
    void finish() {
        out.println("{\"incidents\":" + incidents + ",\"messages\":" + messages + ",\"sha256\":\""
                + HexFormat.of().formatHex(digest.digest()) + "\"}");
        out.flush();
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
