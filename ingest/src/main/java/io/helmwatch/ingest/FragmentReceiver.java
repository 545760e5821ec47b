package io.helmwatch.ingest;

/**
 * Receives what a remuxer makes of a stream's packets.
 *
 * <p>Threading: the thread that gives packets to the remuxer.
 */
public interface FragmentReceiver {

    /** A timeline starts; its fragments follow. */
    void onTimeline(MediaTimeline timeline);

    /** The next frame of the latest timeline, in the order of decoding. */
    void onFragment(MediaFragment fragment);
}
