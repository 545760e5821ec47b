package io.helmwatch.pipeline.cli.option;

import org.jspecify.annotations.Nullable;

/** Ends a command with a sentence and an exit code. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CommandFailure(int exitCode, String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
        this.exitCode = exitCode;
    }

    /** The command could not do its work: exit code 1. */
    public static CommandFailure failed(String sentence, @Nullable Throwable cause) {
        return new CommandFailure(1, sentence, cause);
    }

    /** Wrong usage or configuration: exit code 2. */
    public static CommandFailure usage(String sentence) {
        return new CommandFailure(2, sentence, null);
    }

    public int exitCode() {
        return exitCode;
    }
}
