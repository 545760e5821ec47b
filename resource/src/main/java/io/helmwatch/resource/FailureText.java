package io.helmwatch.resource;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Failures in words for an operator: no class name of Java where an exception has no message, and a cause where its message is only a file
 * name.
 *
 * <p>Threading: any thread.
 */
public final class FailureText {
    /** What the dynamic linker of glibc says of a library that another one needs. */
    private static final Pattern MISSING_LIBRARY =
            Pattern.compile("([\\w.+-]+): cannot open shared object file: No such file or directory");

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

    /** Why a native library was not loaded, with what to install where the system has not one of those that it needs. */
    public static String ofLibrary(Throwable failure) {
        String text = of(failure);
        Matcher missing = MISSING_LIBRARY.matcher(text);
        return missing.find()
                ? text + "; install the package of the system that has " + missing.group(1)
                        + " (Debian: libva-drm2 for libva-drm.so.2, else see apt-file)"
                : text;
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
