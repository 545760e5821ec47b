package io.helmwatch.pipeline.systemd;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifies systemd that the service is ready, that it makes progress (watchdog) and that it stops, as a unit of {@code Type=notify} expects it
 * (sd_notify(3), sd_watchdog_enabled(3)). Does nothing where systemd did not start the process.
 *
 * <p>The watchdog is fed at half its period, and only while the service has no problem: systemd then restarts a process whose pipeline
 * makes no progress.
 *
 * <p>Threading: a thread of its own, daemon. Ownership: closing notifies systemd that the service stops, and ends the thread.
 */
public final class SystemdNotifier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SystemdNotifier.class);
    private static final long NO_WATCHDOG = -1;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final @Nullable Systemd systemd;

    /** The function of systemd's library. */
    interface Systemd extends Library {
        /** Returns a positive number when the message was sent, 0 without a socket, a negative error number otherwise. */
        int sd_notify(int unsetEnvironment, String state);
    }

    private SystemdNotifier(@Nullable Systemd systemd) {
        this.systemd = systemd;
    }

    /**
     * Notifies that the service is ready, and from then on that it is alive.
     *
     * @param liveProblem why the process should be restarted, one sentence; empty while it makes progress
     */
    public static SystemdNotifier start(Supplier<String> liveProblem) {
        return start(System.getenv(), liveProblem);
    }

    static SystemdNotifier start(Map<String, String> environment, Supplier<String> liveProblem) {
        if (environment.get("NOTIFY_SOCKET") == null) {
            return new SystemdNotifier(null);
        }
        try {
            SystemdNotifier notifier = new SystemdNotifier(Native.load("libsystemd.so.0", Systemd.class));
            notifier.send("READY=1");
            long period = watchdogNanos(environment);
            if (period != NO_WATCHDOG) {
                Thread thread = new Thread(() -> notifier.feed(period / 2, liveProblem), "systemd");
                thread.setDaemon(true);
                thread.start();
            }
            return notifier;
        } catch (LinkageError missing) {
            LOG.error(
                    "systemd is not notified that the service is ready: expected its library libsystemd.so.0, found"
                            + " none ({}); install libsystemd0 or set Type=exec in the unit",
                    missing.getMessage());
            return new SystemdNotifier(null);
        }
    }

    /** The watchdog's period in nanoseconds; {@link #NO_WATCHDOG} when none watches this process. */
    static long watchdogNanos(Map<String, String> environment) {
        String micros = environment.get("WATCHDOG_USEC");
        String process = environment.get("WATCHDOG_PID");
        boolean ours = process == null
                || process.equals(Long.toString(ProcessHandle.current().pid()));
        return micros == null || !ours ? NO_WATCHDOG : TimeUnit.MICROSECONDS.toNanos(Long.parseLong(micros));
    }

    private void feed(long everyNanos, Supplier<String> liveProblem) {
        String reported = "";
        try {
            do {
                String problem = liveProblem.get();
                if (problem.isEmpty()) {
                    send("WATCHDOG=1");
                }
                if (!problem.equals(reported)) {
                    send("STATUS=" + problem);
                    reported = problem;
                }
            } while (!closed.await(everyNanos, TimeUnit.NANOSECONDS));
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(String state) {
        if (systemd != null && systemd.sd_notify(0, state) < 0) {
            LOG.debug("systemd did not take {}", state);
        }
    }

    @Override
    public void close() {
        if (closed.getCount() > 0) {
            closed.countDown();
            send("STOPPING=1");
        }
    }
}
