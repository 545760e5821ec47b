package io.helmwatch.sinks.evidence;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of an {@link EvidenceFolder} are copied to.
 *
 * <p>Threading: any thread.
 */
public interface EvidenceCopies {
    /** The files are on this machine only. */
    EvidenceCopies NONE = new EvidenceCopies() {
        @Override
        public Announcement announce(List<NewFile> files) {
            return Announcement.NOTHING;
        }

        @Override
        public @Nullable String url(String path) {
            return null;
        }
    };

    /**
     * A file that is about to get its name.
     *
     * @param path below the folder
     * @param sha256 of its content, lower-case hexadecimal
     * @param bytes its size
     */
    record NewFile(String path, String sha256, long bytes) {}

    /**
     * Announces files before they get their names, so that none is forgotten when the process dies in between. Does not throw: what cannot be
     * copied is counted there, and stays on this machine.
     */
    Announcement announce(List<NewFile> files);

    /** Address of the copy of a file; null where there is none. */
    @Nullable
    String url(String path);

    /** Files that are about to get their names. Closing it withdraws them unless they were confirmed. */
    interface Announcement extends AutoCloseable {
        /** Nobody is told. */
        Announcement NOTHING = new Announcement() {
            @Override
            public void confirm() {
                // Nothing is copied.
            }

            @Override
            public void close() {
                // Nothing is copied.
            }
        };

        /** The files have their names. */
        void confirm();

        @Override
        void close();
    }
}
