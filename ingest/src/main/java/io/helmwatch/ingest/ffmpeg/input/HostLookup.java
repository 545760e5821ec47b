package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a host's name before FFmpeg does, on a thread that may be abandoned: the system's resolver knows no deadline and
 * does not ask FFmpeg's interrupt callback, so a dead name server would hold the stream's thread.
 *
 * <p>Threading: the stream's thread; at most one look-up of a stream is in progress.
 */
public final class HostLookup {
    private @Nullable Lookup pending;

    /** Returns when the name is known. */
    public void await(StreamAddress address, Duration timeout, Interrupt interrupt) {
        String host = address.host();
        if (host.startsWith("[") || host.matches("[0-9.]+") || host.equals("localhost")) {
            return;
        }
        Lookup lookup = pending;
        if (lookup == null) {
            lookup = new Lookup(host, Thread.currentThread());
            pending = lookup;
            lookup.start();
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        while (lookup.outcome == null && !interrupt.isStopped()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new InputLostException(
                        Cause.LOST,
                        "The name server did not resolve " + host + " within " + OpenFailure.seconds(timeout)
                                + ": check this machine's DNS.");
            }
            LockSupport.parkNanos(this, left);
        }
        pending = null;
        if (Boolean.FALSE.equals(lookup.outcome)) {
            throw new InputLostException(
                    Cause.LOST,
                    "The host name " + host + " is not known: correct the address, or check this machine's DNS.");
        }
    }

    private static final class Lookup extends Thread {
        private final String host;
        private final Thread waiting;
        private volatile @Nullable Boolean outcome;

        Lookup(String host, Thread waiting) {
            super("resolve-" + host);
            setDaemon(true);
            this.host = host;
            this.waiting = waiting;
        }

        @Override
        public void run() {
            boolean known;
            try {
                known = InetAddress.getAllByName(host).length > 0;
            } catch (UnknownHostException e) {
                known = false;
            }
            outcome = known;
            LockSupport.unpark(waiting);
        }
    }
}
