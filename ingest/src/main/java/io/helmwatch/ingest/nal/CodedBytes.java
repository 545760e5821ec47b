package io.helmwatch.ingest.nal;

/** Bytes of coded video, read one at a time, so that native memory is neither copied nor wrapped for each packet. Threading: one thread. */
@FunctionalInterface
public interface CodedBytes {
    /** The byte at an index, which is 0 for the first. */
    byte at(int index);
}
