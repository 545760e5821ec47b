package io.helmwatch.sinks.s3;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the objects of a part of the storage are. */
public enum EvidenceKind {
    /** Images. */
    SNAPSHOTS("snapshots"),
    /** Videos with their sidecars. */
    CLIPS("clips");

    private final String folder;

    EvidenceKind(String folder) {
        this.folder = folder;
    }

    /** Their part of the storage, and their name in the queue. */
    String folder() {
        return folder;
    }

    /** The kind of that name; null where there is none, as in a file of a newer version. */
    static @Nullable EvidenceKind of(String folder) {
        return Arrays.stream(values())
                .filter(kind -> kind.folder.equals(folder))
                .findFirst()
                .orElse(null);
    }

    /**
     * Key of an object.
     *
     * @param prefix text before the keys of all objects
     * @param path of the file below its folder
     */
    String key(String prefix, String path) {
        return prefix + folder + "/" + path;
    }
}
