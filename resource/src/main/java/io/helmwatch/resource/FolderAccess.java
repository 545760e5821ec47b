package io.helmwatch.resource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Whether this process can create files in a folder, and why not.
 *
 * <p>Threading: any thread. Nothing is created.
 */
public final class FolderAccess {
    private FolderAccess() {}

    /**
     * Why files cannot be created in a folder, as a phrase such as {@code /etc/helmwatch cannot be written by user helmwatch (owner
     * root, rwxr-xr-x)}; empty where they can. Of a folder that is missing, its nearest existing parent counts.
     */
    public static String problem(Path folder) {
        Path existing = folder.toAbsolutePath().normalize();
        while (!Files.exists(existing, LinkOption.NOFOLLOW_LINKS) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            return existing + " is no folder";
        }
        if (Files.isWritable(existing) && Files.isExecutable(existing)) {
            return "";
        }
        return existing + " cannot be written by user " + System.getProperty("user.name") + " (" + owner(existing)
                + ")";
    }

    /** Who may write a folder, or that nobody may. */
    private static String owner(Path folder) {
        if (isReadOnly(folder)) {
            return "the file system is read-only";
        }
        try {
            PosixFileAttributes attributes = Files.readAttributes(folder, PosixFileAttributes.class);
            return "owner " + attributes.owner().getName() + ", "
                    + PosixFilePermissions.toString(attributes.permissions());
        } catch (IOException | UnsupportedOperationException e) {
            return "its owner is unknown";
        }
    }

    private static boolean isReadOnly(Path folder) {
        try {
            return Files.getFileStore(folder).isReadOnly();
        } catch (IOException e) {
            // In a chroot the list of mounts does not have the root; the folder has an owner nevertheless.
            return false;
        }
    }
}
