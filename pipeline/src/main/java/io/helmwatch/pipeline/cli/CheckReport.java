package io.helmwatch.pipeline.cli;

import io.helmwatch.config.secret.Redaction;

/** Results of checks, one line each on standard output, without secrets. Threading: one thread. */
final class CheckReport {
    private boolean healthy = true;

    /** Whether nothing was wrong so far. */
    boolean isHealthy() {
        return healthy;
    }

    /** Something that works, or that is wrong. */
    void of(boolean works, String what, String sentence) {
        if (works) {
            good(what, sentence);
        } else {
            bad(what, sentence);
        }
    }

    /** Something that works. */
    void good(String what, String sentence) {
        print("ok    ", what, sentence);
    }

    /** Something that works but should be changed: it does not make the command fail. */
    void warn(String what, String sentence) {
        print("WARN  ", what, sentence);
    }

    /** Something that keeps a run from working. */
    void bad(String what, String sentence) {
        healthy = false;
        print("WRONG ", what, sentence);
    }

    private static void print(String verdict, String what, String sentence) {
        System.out.println(Redaction.redact(verdict + what + ": " + sentence));
    }
}
