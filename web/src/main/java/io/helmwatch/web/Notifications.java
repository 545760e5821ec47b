package io.helmwatch.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Targets of notifications, and what became of their messages. Targets are in the configuration file and are not changed here.
 *
 * <p>Threading: any thread; {@link #test} takes as long as the target's time limits.
 */
public interface Notifications {

    /** The targets, in the order of the configuration. */
    List<Target> targets();

    /**
     * Sends a test message to a target, past what waits for it.
     *
     * @throws RefusedException {@link RefusedException.Kind#NOT_FOUND} where there is no such target
     */
    TestResult test(String name);

    /**
     * A target.
     *
     * @param name its name
     * @param kind webhook, mqtt or mail
     * @param settings its settings without secrets
     * @param problem why it takes no messages, as a sentence; empty while it does
     * @param waiting messages that wait for it
     * @param oldestWaitingAt time of the oldest of them; null where none waits
     * @param delivered messages that it has taken since the start
     * @param rejected messages that it will never take, since the start
     * @param refused messages lost because the spool was full, since the start
     * @param deliveries what became of the newest messages, newest first
     */
    record Target(
            String name,
            String kind,
            JsonNode settings,
            String problem,
            long waiting,
            @Nullable Instant oldestWaitingAt,
            long delivered,
            long rejected,
            long refused,
            List<Delivery> deliveries) {}

    /**
     * What became of a message, or of a digest.
     *
     * @param at time of the latest attempt
     * @param id the message's id
     * @param type what it reports, such as incident.start
     * @param stream the stream's id, or the node's name; empty for a test
     * @param messages number of messages of the digest
     * @param outcome delivered, retried, rejected or acknowledged
     * @param attempts how often it was tried
     * @param reason why it was not delivered; empty when it was
     */
    record Delivery(
            Instant at,
            String id,
            String type,
            String stream,
            int messages,
            String outcome,
            int attempts,
            String reason) {}

    /**
     * What became of a test.
     *
     * @param delivered whether the target has taken it
     * @param message a sentence
     */
    record TestResult(boolean delivered, String message) {}
}
