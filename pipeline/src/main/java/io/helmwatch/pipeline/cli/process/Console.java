package io.helmwatch.pipeline.cli.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.helmwatch.config.secret.Redaction;
import org.slf4j.LoggerFactory;

/** What a command writes beside its results: sentences on standard error, and how much is logged. Threading: any thread. */
public final class Console {
    /** The logger of the project's own lines. */
    private static final String OUR_LOGGER = "io.helmwatch";

    private Console() {}

    /** Prints a sentence on standard error, without secrets. */
    public static void say(String sentence) {
        System.err.println("helmwatch: " + Redaction.redact(sentence));
    }

    /** Logs at debug level, or at the usual one. */
    public static void verbose(boolean more) {
        ourLogger().setLevel(more ? Level.DEBUG : Level.INFO);
    }

    /** Logs errors only, for commands whose output is their result; verbose commands stay verbose. */
    public static void quiet() {
        if (ourLogger().getLevel() != Level.DEBUG) {
            ourLogger().setLevel(Level.ERROR);
        }
    }

    private static Logger ourLogger() {
        return (Logger) LoggerFactory.getLogger(OUR_LOGGER);
    }
}
