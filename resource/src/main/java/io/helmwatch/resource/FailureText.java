package io.helmwatch.resource;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/**
 * Failures in words for an operator: no class name of Java where an exception has no message, and a cause where its message is only a file
 * name.
 *
 * <p>Threading: any thread.
 */
public final class FailureText {
    private FailureText() {}

    /** What happened, on one line. */
    public static String of(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return words(failure.getClass());
        }
        String text = message.replaceAll("\\s+", " ").strip();
        if (failure instanceof NoSuchFileException) {
            return text + ": no such file or directory";
        }
        if (failure instanceof AccessDeniedException) {
            return text + ": permission denied";
        }
        return failure instanceof FileAlreadyExistsException ? text + ": exists already" : text;
    }

    /** The failure that caused a failure, through all causes. */
    public static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }

    /** {@code ClosedChannelException} is "closed channel". */
    private static String words(Class<?> type) {
        return type.getSimpleName()
                .replaceAll("(Exception|Error)$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
    }
}
