package io.helmwatch.sinks.notify;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands until a test sets it. Threading: any. */
final class SettableClock extends Clock {
    private volatile long nowMillis;

    SettableClock(long nowMillis) {
        this.nowMillis = nowMillis;
    }

    void set(long millis) {
        nowMillis = millis;
    }

    /** Sets it ahead, or back for a negative duration. */
    void move(Duration by) {
        nowMillis = millis() + by.toMillis();
    }

    @Override
    public long millis() {
        return nowMillis;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(nowMillis);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
