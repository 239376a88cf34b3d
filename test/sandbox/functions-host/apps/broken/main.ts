throw new Error('the app itself is broken');
