import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { listViews, saveView, viewsKey } from '../services/people';
import type { View } from '../services/types';

export function useViews(enabled: boolean) {
  return useQuery({ queryKey: viewsKey, queryFn: ({ signal }) => listViews(signal), enabled });
}

export function useSaveView() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (view: View) => saveView(view),
    onSuccess: () => client.invalidateQueries({ queryKey: viewsKey }),
  });
}

/** The address of a saved view. Only a path of this site: a stored view never leads elsewhere. */
export function viewAddress(view: View): string {
  const path = /^\/(?![/\\])/.test(view.path) ? view.path : '/';
  const query = view.query.replace(/^\?/, '');
  return query === '' ? path : `${path}?${query}`;
}
