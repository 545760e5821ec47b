package io.helmwatch.web.access;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Logins in memory, found by the digest of their random id; a restart ends them all. Beyond the limit the oldest ends.
 *
 * <p>Threading: any thread.
 */
final class Sessions {
    private static final int MOST = 1_000;
    private static final int ID_BYTES = 32;

    private final Map<String, Session> byDigest = new LinkedHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final long lifetimeNanos;
    private final LongSupplier nanoTime;

    private record Session(Caller caller, long endsAtNanos) {}

    Sessions(Duration lifetime, LongSupplier nanoTime) {
        this.lifetimeNanos = lifetime.toNanos();
        this.nanoTime = nanoTime;
    }

    /** Starts a session; returns its id. */
    synchronized String start(Caller caller) {
        long now = nanoTime.getAsLong();
        byDigest.values().removeIf(session -> now - session.endsAtNanos >= 0);
        if (byDigest.size() >= MOST) {
            byDigest.remove(byDigest.keySet().iterator().next());
        }
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String id = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        byDigest.put(Digest.of(id), new Session(caller, now + lifetimeNanos));
        return id;
    }

    /** Whose session it is; null where there is none of this id. */
    synchronized @Nullable Caller find(String id) {
        Session session = byDigest.get(Digest.of(id));
        return session == null || nanoTime.getAsLong() - session.endsAtNanos >= 0 ? null : session.caller;
    }

    synchronized void end(String id) {
        byDigest.remove(Digest.of(id));
    }

    /** Ends every session of a user. */
    synchronized void endAllOf(String name) {
        byDigest.values().removeIf(session -> session.caller.name().equals(name));
    }
}
