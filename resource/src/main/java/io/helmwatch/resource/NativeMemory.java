package io.helmwatch.resource;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The process's ledger of native memory: bytes allocated and not yet freed, by kind, device and owner. Owners record what they
 * allocate and free; what remains after everything was closed is a leak.
 *
 * <p>Threading: any thread. An account is resolved once; recording allocates nothing.
 */
public final class NativeMemory {
    private static final Map<Key, Account> ACCOUNTS = new ConcurrentHashMap<>();

    private NativeMemory() {}

    /** Where the bytes are. */
    public enum Kind {
        /** Pageable host memory outside the Java heap. */
        HOST,
        /** Page-locked host memory. */
        PINNED,
        /** Memory of a GPU. */
        DEVICE
    }

    /**
     * One line of the ledger.
     *
     * @param kind where the bytes are
     * @param device the GPU, e.g. {@code cuda:0}; empty for {@link Kind#HOST}
     * @param owner who allocated them, e.g. {@code onnx.tensors}
     * @param bytes allocated and not yet freed
     */
    public record Entry(Kind kind, String device, String owner, long bytes) {}

    private record Key(Kind kind, String device, String owner) {}

    /** The account of an owner of host memory, e.g. {@code onnx.tensors}; created at the first call. */
    public static Account account(String owner) {
        return account(Kind.HOST, "", owner);
    }

    /** The account of an owner of one kind of memory; created at the first call. */
    public static Account account(Kind kind, String device, String owner) {
        return ACCOUNTS.computeIfAbsent(new Key(kind, device, owner), Account::new);
    }

    /** All accounts, sorted by kind, device and owner; those that hold nothing are listed with zero. */
    public static List<Entry> entries() {
        return ACCOUNTS.values().stream()
                .map(account ->
                        new Entry(account.key.kind(), account.key.device(), account.key.owner(), account.bytes()))
                .sorted(Comparator.comparing(Entry::kind)
                        .thenComparing(Entry::device)
                        .thenComparing(Entry::owner))
                .toList();
    }

    /** The accounts that hold bytes, or freed more than they allocated: after everything was closed, the leaks. */
    public static List<Entry> outstanding() {
        return entries().stream().filter(entry -> entry.bytes() != 0).toList();
    }

    /** Bytes of one kind on one device over all owners. */
    public static long bytes(Kind kind, String device) {
        return ACCOUNTS.values().stream()
                .filter(account ->
                        account.key.kind() == kind && account.key.device().equals(device))
                .mapToLong(Account::bytes)
                .sum();
    }

    /** Bytes of one owner. */
    public static final class Account {
        private final Key key;
        private final AtomicLong bytes = new AtomicLong();

        private Account(Key key) {
            this.key = key;
        }

        /** Records an allocation. */
        public void allocated(long count) {
            bytes.addAndGet(count);
        }

        /** Records that {@code count} allocated bytes were freed. */
        public void freed(long count) {
            bytes.addAndGet(-count);
        }

        /** Bytes allocated and not yet freed. */
        public long bytes() {
            return bytes.get();
        }
    }
}
