package io.helmwatch.vision;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the owners of native memory hold at the moment, in bytes. Owners count what they allocate and free themselves; what
 * is left after everything was closed is a leak.
 *
 * <p>Threading: any thread. An account is resolved once, counting allocates nothing.
 */
public final class NativeMemory {
    private static final Map<String, Account> ACCOUNTS = new ConcurrentHashMap<>();

    private NativeMemory() {}

    /** The account of an owner, made when it is first asked for, e.g. {@code onnx.tensors}, {@code ffmpeg.leases}. */
    public static Account account(String owner) {
        return ACCOUNTS.computeIfAbsent(owner, Account::new);
    }

    /** Bytes held by owner, sorted; owners that hold nothing are listed with zero. */
    public static Map<String, Long> bytesByOwner() {
        Map<String, Long> bytes = new TreeMap<>();
        ACCOUNTS.forEach((owner, account) -> bytes.put(owner, account.bytes()));
        return bytes;
    }

    /** Bytes of one owner. */
    public static final class Account {
        private final String owner;
        private final AtomicLong bytes = new AtomicLong();

        private Account(String owner) {
            this.owner = owner;
        }

        /** The owner's name. */
        public String owner() {
            return owner;
        }

        /** Counts an allocation. */
        public void allocated(long count) {
            bytes.addAndGet(count);
        }

        /** Counts a release of what was counted as allocated. */
        public void freed(long count) {
            bytes.addAndGet(-count);
        }

        /** Bytes held now. */
        public long bytes() {
            return bytes.get();
        }
    }
}
