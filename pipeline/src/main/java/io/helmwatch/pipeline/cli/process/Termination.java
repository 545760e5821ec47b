package io.helmwatch.pipeline.cli.process;

import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * Turns SIGTERM and SIGINT into an orderly shutdown: registered actions stop the streams, the main thread returns as it does when they
 * end, and its exit code becomes that of the process.
 *
 * <p>Threading: any thread.
 */
public final class Termination {
    private static final long LONGEST_MILLIS = 9_500;
    private static final List<Runnable> STOPS = new CopyOnWriteArrayList<>();
    private static final CountDownLatch FINISHED = new CountDownLatch(1);

    /** Ends the process when a GPU is lost: nothing on it works until a new process starts, and closing its owners may block. */
    public static final FatalErrorHandler ON_FATAL_ERROR = Termination::abort;

    private static volatile IntConsumer halt = code -> {};
    private static volatile boolean requested;
    private static volatile int exitCode;

    private Termination() {}

    /**
     * Installs the shutdown hook; once, by the main method.
     *
     * @param halt ends the process at once with an exit code
     */
    public static void install(IntConsumer halt) {
        Termination.halt = halt;
        Runtime.getRuntime().addShutdownHook(new Thread(Termination::shutDown, "shutdown"));
    }

    /** Registers an action for a signal; runs it at once when one was received. Closing the registration removes it. */
    public static Registration onSignal(Runnable stop) {
        STOPS.add(stop);
        if (requested) {
            stop.run();
        }
        return () -> STOPS.remove(stop);
    }

    /** Whether a signal was received. */
    public static boolean isRequested() {
        return requested;
    }

    /** The main thread has returned. */
    public static void finished(int code) {
        exitCode = code;
        FINISHED.countDown();
    }

    private static void abort(Throwable error) {
        Console.say(String.valueOf(error.getMessage()));
        halt.accept(1);
    }

    private static void shutDown() {
        if (FINISHED.getCount() == 0) {
            return;
        }
        requested = true;
        STOPS.forEach(Runnable::run);
        boolean inTime = false;
        try {
            inTime = FINISHED.await(LONGEST_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
        if (!inTime) {
            System.err.println("helmwatch: shutdown not completed within " + LONGEST_MILLIS + " ms: process ended");
        }
        System.out.flush();
        halt.accept(inTime ? exitCode : 1);
    }

    /** An action for a signal; closing removes it. */
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
