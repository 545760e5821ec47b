package io.helmwatch.cuda;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bytes allocated and not yet freed, by kind and owner.
 *
 * <p>Threading: any thread.
 */
public final class MemoryLedger {

    /** What kind of memory. */
    public enum Kind {
        /** On the device. */
        DEVICE,
        /** Page-locked host memory. */
        PINNED
    }

    private final ConcurrentMap<String, LongAdder> device = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, LongAdder> pinned = new ConcurrentHashMap<>();

    /** Nothing allocated yet. */
    public MemoryLedger() {}

    /** Notes bytes that an owner allocated, or, below zero, freed. */
    public void add(Kind kind, String owner, long bytes) {
        counters(kind).computeIfAbsent(owner, key -> new LongAdder()).add(bytes);
    }

    /** Bytes of a kind over all owners. */
    public long bytes(Kind kind) {
        return counters(kind).values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** Bytes of a kind that an owner holds. */
    public long bytes(Kind kind, String owner) {
        LongAdder sum = counters(kind).get(owner);
        return sum == null ? 0 : sum.sum();
    }

    /** Bytes of a kind by owner, owners that hold none left out. */
    public SortedMap<String, Long> byOwner(Kind kind) {
        SortedMap<String, Long> bytes = new TreeMap<>();
        counters(kind).forEach((owner, sum) -> {
            if (sum.sum() != 0) {
                bytes.put(owner, sum.sum());
            }
        });
        return bytes;
    }

    private ConcurrentMap<String, LongAdder> counters(Kind kind) {
        return kind == Kind.DEVICE ? device : pinned;
    }
}
