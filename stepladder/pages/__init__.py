"""The app in which the business looks, objects, answers in the machine's place, and decides."""
